<?php
declare(strict_types=1);
require __DIR__ . '/../lib/page.php';

page('Fleetwright demo', <<<'HTML'
    <div class="jumbotron">
    <h1>It works!</h1>
    <p>This page comes from one of many web servers in a fleet: each a Docker container, a systemd unit that fleet
    placed on some machine of the cluster, and a key in etcd that says where to find it.</p>
    <p><a class="button" href="/world.php">See the world</a></p>
    </div>
    <div class="columns">
    <section><h2>Home</h2><p>The name of the container that answered. <a href="/home.php">home.php</a></p></section>
    <section><h2>World</h2><p>4079 cities, read from the database. <a href="/world.php">world.php</a></p></section>
    <section><h2>Health</h2><p>What the monitors ask. <a href="/health.php">health.php</a></p></section>
    </div>
    HTML);

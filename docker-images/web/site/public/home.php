<?php
declare(strict_types=1);
require __DIR__ . '/../lib/page.php';

page('Home', sprintf('<h1>Home</h1><p class="lead">This is container <code>%s</code>.</p>', text(gethostname())));

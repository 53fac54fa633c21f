<?php
declare(strict_types=1);
require __DIR__ . '/../lib/database.php';

header('Content-Type: text/plain; charset=utf-8');
header('Cache-Control: no-store');
try {
    $healthy = countCities(world()) > 0;
} catch (mysqli_sql_exception $error) {
    // The code alone: the message would tell everybody the database's address and user.
    error_log('the database cannot be read: error ' . $error->getCode());
    $healthy = false;
}
http_response_code($healthy ? 200 : 503);
echo $healthy ? "PASS\n" : "FAIL\n";

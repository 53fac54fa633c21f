<?php
declare(strict_types=1);

/** The world database, as the user "app" (who may only read). Throws mysqli_sql_exception when it cannot be reached in 3 seconds. */
function world(): mysqli
{
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $database = mysqli_init();
    $database->options(MYSQLI_OPT_CONNECT_TIMEOUT, 3);
    $database->options(MYSQLI_OPT_READ_TIMEOUT, 5);
    $database->real_connect(getenv('DB_HOST') ?: 'db', 'app', getenv('DB_PASSWORD') ?: '', 'world');
    $database->set_charset('utf8mb4');
    return $database;
}

/** How many cities the database holds. */
function countCities(mysqli $database): int
{
    return (int) $database->query('SELECT COUNT(*) FROM City')->fetch_row()[0];
}

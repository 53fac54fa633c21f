<?php
declare(strict_types=1);
require __DIR__ . '/../lib/database.php';
require __DIR__ . '/../lib/page.php';

try {
    $cities = world()->query(
        'SELECT City.Name AS city, Country.Name AS country, City.Population AS population
         FROM City JOIN Country ON Country.Code = City.CountryCode ORDER BY City.ID'
    )->fetch_all(MYSQLI_ASSOC);
} catch (mysqli_sql_exception $error) {
    error_log('the database cannot be read: error ' . $error->getCode());
    http_response_code(503);
    page('World', '<h1>World</h1><p class="alert">The database does not answer.</p>');
    exit;
}

$rows = '';
foreach ($cities as ['city' => $city, 'country' => $country, 'population' => $population]) {
    $rows .= sprintf("<tr><td>%s</td><td>%s</td><td>%s</td></tr>\n", text($city), text($country), number_format((int) $population));
}
page('World', sprintf(
    '<h1>World</h1><p class="lead">%d cities</p><table><thead><tr><th>City</th><th>Country</th><th>Population</th></tr></thead><tbody>%s</tbody></table>'
    . '<p>City data by GeoNames, CC BY 4.0.</p>',
    count($cities), $rows,
));

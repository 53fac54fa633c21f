<?php
declare(strict_types=1);

const PAGES = ['/' => 'Start', '/home.php' => 'Home', '/world.php' => 'World', '/health.php' => 'Health'];

function text(string|int $value): string
{
    return htmlspecialchars((string) $value, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

/** Prints a page: the frame of them all around $body, which is HTML. */
function page(string $title, string $body): void
{
    $here = strtok($_SERVER['REQUEST_URI'] ?? '/', '?');
    $links = '';
    foreach (PAGES as $path => $name) {
        $links .= sprintf('<li%s><a href="%s">%s</a></li>', $path === $here ? ' class="active"' : '', $path, text($name));
    }
    header('Cache-Control: no-store');
    header("Content-Security-Policy: default-src 'none'; style-src 'self'");
    header('X-Content-Type-Options: nosniff');
    printf(
        <<<'HTML'
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>%1$s</title>
        <link rel="stylesheet" href="/style.css">
        </head>
        <body>
        <nav><div class="container"><a class="brand" href="/">Fleetwright</a><ul>%2$s</ul></div></nav>
        <main class="container">%3$s</main>
        <footer class="container">Served by <code>%4$s</code></footer>
        </body>
        </html>

        HTML,
        text($title), $links, $body, text(gethostname()),
    );
}

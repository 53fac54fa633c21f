/** Markdown of steps (GITHUB_STEP_SUMMARY) as HTML that can do nothing: GitHub's tables and details stay, scripts, styles, forms and what would be fetched go. */
import markdownIt from 'markdown-it';
import sanitize from 'sanitize-html';

const parser = markdownIt({ html: true, linkify: false });
const KEPT = [
  'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p', 'br', 'hr', 'blockquote', 'pre', 'code', 'kbd', 'samp', 'var', 'ul', 'ol', 'li', 'dl', 'dt', 'dd', 'table', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td',
  'caption', 'strong', 'b', 'em', 'i', 's', 'del', 'ins', 'sub', 'sup', 'small', 'details', 'summary', 'a', 'img', 'span', 'div',
];

export function markdownHtml(markdown: string): string {
  return sanitize(parser.render(markdown), {
    allowedTags: KEPT,
    allowedAttributes: { a: ['href', 'title'], img: ['src', 'alt', 'title', 'width', 'height'], td: ['align', 'colspan', 'rowspan'], th: ['align', 'colspan', 'rowspan'], details: ['open'], ol: ['start'] },
    allowedSchemes: ['http', 'https', 'mailto'],
    // A picture from elsewhere would tell that the page was opened; it stands in the page or not at all.
    allowedSchemesByTag: { img: ['data'] },
    allowProtocolRelative: false,
    transformTags: { a: sanitize.simpleTransform('a', { rel: 'noopener noreferrer' }) },
  });
}

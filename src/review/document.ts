/** The page's one document. Everything else is made by its script. */
export const pageDocument = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Holdfast</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="style.css">
<script type="module" src="review/page/main.js"></script>
</head>
<body>
<noscript><p class="notice">This page needs its script.</p></noscript>
</body>
</html>
`

/** An anchor’s stock and flukes, in the page’s accent. */
export const pageIcon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#3f6f8f" stroke-width="3" stroke-linecap="round"><circle cx="16" cy="7" r="3"/><path d="M16 10v17M10 15h12M5 19c1 5 5 8 11 8s10-3 11-8"/></svg>
`

/**
 * What is shown instead of the page.
 * @param mayContinue whether the same address may work from here: a browser holds the cookie back where another site’s
 *   page led to this one
 */
export function refusedPage(message: string, mayContinue: boolean): string {
  const more = mayContinue ? '<p>If you have just followed that link: <a href="">continue</a>.</p>' : ''
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Holdfast</title></head>
<body><h1>Not shown</h1><p>${message}</p>${more}</body>
</html>
`
}

import { CATALOG } from "./catalog.ts";
import { BASE, type View } from "./views.ts";

const BEACON =
	'<script defer src="/n.js" data-site="pk_demo" data-auto="pageviews clicks forms errors outbound"></script>';
const ICON =
	"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath d='M2 27 13 7l6 10 3-5 8 15z' fill='%23276749'/%3E%3C/svg%3E";

/** A view as a whole page. */
export const page = (path: string, view: View): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="Halden: the demo shop of Nowcast. Nothing is sold here.">
<meta name="color-scheme" content="light dark">
<title>${view.title}</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="${BASE}shop.css">
${BEACON}
<script defer src="${BASE}shop.js"></script>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<p class="demo">A demo shop: nothing is sold, everything is counted. <a href="/">Open the dashboard</a></p>
<header>
	<a class="logo" href="${BASE}"><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M2 27 13 7l6 10 3-5 8 15z"/></svg>Halden</a>
	<nav aria-label="Shelves">${CATALOG.map((category) => {
		const href = `${BASE}${category.slug}/`;
		return `<a href="${href}"${path.startsWith(href) ? ' aria-current="page"' : ""}>${category.name}</a>`;
	}).join("")}</nav>
	<a class="cart" href="${BASE}cart/">Cart <span id="count" aria-label="things in the cart">0</span></a>
</header>
<main id="main">${view.html}</main>
<footer>
	<p><a href="${BASE}about/">About this shop</a> · <a href="https://www.openstreetmap.org/#map=12/51.5340/9.9320" target="_blank" rel="noopener">Where to walk ↗</a> · <button class="link" data-break>Break something</button></p>
	<p class="quiet">Counted by Nowcast, without cookies.</p>
</footer>
</body>
</html>
`;

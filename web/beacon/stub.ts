/**
 * Put before the script, it takes calls from the first moment of the page; the beacon replays them.
 * Any object with a `q` of `[method, ...arguments]` will do.
 */
export const STUB =
	"window.nowcast=window.nowcast||new Proxy({q:[]},{get:(t,k)=>k in t?t[k]:(...a)=>{t.q.push([k,...a])}})";

/** The tag for a site. */
export const snippet = (host: string, key: string): string =>
	`<script defer src="${host}/n.js" data-site="${key}"></script>`;

/** Product pictures, drawn flat in the product's hue: `a` body, `b` shade, `c` light, `k` dark. */
const DRAWINGS: Record<string, string> = {
	"ridge-runner": `<path class="a" d="M38 100c4-16 8-34 14-40 10 10 26 12 36 4 10 12 26 24 46 28 18 4 28 8 30 20H40z"/>
		<path class="c" d="M88 64c10 12 26 24 46 28l-6 8c-20-4-38-16-48-30z"/><path class="k" d="M36 112h130c2 8-4 14-12 14H46c-8 0-12-6-10-14z"/>
		<path class="l" d="M96 74l-10 12M108 82l-10 12M120 88l-9 11"/>`,
	"moor-boot": `<path class="a" d="M52 28h48l2 46c14 8 34 10 50 18 10 5 12 12 12 20H50z"/><path class="b" d="M52 28h48l1 14H52z"/>
		<path class="c" d="M102 74c14 8 34 10 50 18 8 4 10 8 11 14-18 2-30-2-38-12-8-8-18-8-26-6z"/><path class="k" d="M46 112h120v14H92l-4-6H74l-4 6H46z"/>
		<path class="l" d="M84 50h18M84 60h18M86 70h18"/>`,
	"harbour-slip": `<path class="a" d="M36 104c2-16 6-26 14-30 12 8 28 8 40 0 18 10 40 12 62 16 10 2 14 8 14 16z"/>
		<path class="c" d="M90 74c18 10 40 12 62 16 10 2 13 7 14 14-22 2-42 0-54-8-12-7-24-10-32-14z"/><path class="w" d="M34 106h134c0 8-4 12-10 12H44c-6 0-10-4-10-12z"/>`,
	"squall-shell": `<path class="a" d="M76 30c8-10 40-10 48 0l30 16 12 66-20 4-10-40v56H64V76l-10 40-20-4 12-66z"/>
		<path class="b" d="M76 30c8-10 40-10 48 0 2 10-8 22-24 22S74 40 76 30z"/><path class="l" d="M100 52v80M74 96l12 8M126 96l-12 8"/>`,
	"loft-vest": `<path class="a" d="M78 30h44l20 12-6 30v60H64V72l-6-30z"/><path class="b" d="M78 30h44c-2 12-10 20-22 20S80 42 78 30z"/>
		<path class="l" d="M62 70h76M64 88h72M64 106h72M64 122h72"/><path class="k2" d="M98 50h4v82h-4z"/>`,
	"drift-anorak": `<path class="a" d="M74 34c10-14 42-14 52 0l26 14 14 62-20 6-12-38v56H66V78l-12 38-20-6 14-62z"/>
		<path class="b" d="M74 34c10-14 42-14 52 0 0 12-10 24-26 30-16-6-26-18-26-30z"/><path class="c" d="M74 92h52v30H74z"/><path class="l" d="M74 102h52M100 64v28"/>`,
	"day-18": `<path class="a" d="M62 60c0-26 16-36 38-36s38 10 38 36v62c0 8-4 12-12 12H74c-8 0-12-4-12-12z"/><path class="b" d="M72 84h56v40H72z"/>
		<path class="c" d="M62 60c0-26 16-36 38-36s38 10 38 36v6H62z"/><path class="l" d="M72 96h56M90 24v-8h20v8"/>`,
	"traverse-45": `<path class="b" d="M50 76h14v50H50zM136 76h14v50h-14z"/><path class="a" d="M64 44h72v80c0 8-4 12-12 12H76c-8 0-12-4-12-12z"/>
		<path class="c" d="M60 34c0-10 8-16 16-16h48c8 0 16 6 16 16v18H60z"/><path class="l" d="M100 52v84M76 70v50M124 70v50"/><path class="k2" d="M72 52h8v14h-8zM120 52h8v14h-8z"/>`,
	"sling-4": `<path class="s" d="M58 118C40 70 70 22 146 24"/><path class="a" d="M54 92l78-40c8-4 14 0 16 8l6 24c2 8 0 12-8 16l-66 30c-10 4-16 2-20-8l-10-18c-3-6-2-9 4-12z"/>
		<path class="c" d="M54 92l78-40c8-4 14 0 16 8l2 8-92 46-8-10c-3-6-2-9 4-12z"/><path class="l" d="M66 112l78-38"/>`,
	"lantern-tent": `<path class="a" d="M100 30l74 92H26z"/><path class="b" d="M100 30l74 92h-40z"/><path class="g" d="M100 58l26 64H74z"/><path class="k2" d="M100 58l4 64h-4z"/>
		<path class="l" d="M100 30V20M26 122l-10 8M174 122l10 8"/>`,
	"ember-stove": `<path class="b" d="M64 46h72v46c0 8-4 12-12 12H76c-8 0-12-4-12-12z"/><path class="a" d="M58 38h84v12H58z"/><path class="s" d="M136 60h22"/>
		<path class="g" d="M86 108c2 8 6 8 4 18h20c-2-10 2-10 4-18z"/><path class="k" d="M72 126h56v8H72zM66 104h10l-6 24h-8zM134 104h-10l6 24h8z"/><path class="l" d="M84 30c-4-6 4-8 0-14M100 30c-4-6 4-8 0-14M116 30c-4-6 4-8 0-14"/>`,
	"quiet-bag": `<path class="a" d="M70 40c0-16 12-22 30-22s30 6 30 22l8 40-14 52c-2 6-8 8-24 8s-22-2-24-8L62 80z"/><path class="k2" d="M82 42c0-10 8-14 18-14s18 4 18 14-8 16-18 16-18-6-18-16z"/>
		<path class="l" d="M64 74h72M64 90h70M68 106h64M72 122h56"/><path class="c" d="M98 58h5v80h-5z"/>`,
};

/** The picture of a product, as markup. Decorative: the product's name stands beside it. */
export const picture = (slug: string, hue: number): string =>
	`<svg class="picture" style="--h:${hue}" viewBox="0 0 200 160" aria-hidden="true"><ellipse class="ground" cx="100" cy="134" rx="78" ry="8"/>${DRAWINGS[slug] ?? ""}</svg>`;

/** The hills of the front page: high on the right, where the sun and the tent are, low on the left, under the words. */
export const HILLS = `<svg class="hills" viewBox="0 0 1200 420" preserveAspectRatio="xMaxYMax slice" aria-hidden="true">
	<circle class="sun" cx="1020" cy="112" r="58"/>
	<path class="h1" d="M0 330l150-26 140 22 160-54 110 20 150-96 90 70 130-106 150 110 120-70 100 70v150H0z"/>
	<path class="h2" d="M0 362l190-30 190 26 190-60 150 50 190-80 290 90v62H0z"/>
	<path class="h3" d="M0 392l260-26 240 22 260-36 440 34v40H0z"/>
	<path class="tent" d="M936 372l36-50 36 50z"/><path class="glow" d="M972 340l13 32h-26z"/>
</svg>`;

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Failure } from "../api.ts";
import { Header } from "../panels/header.tsx";
import { Problem } from "../panels/states.tsx";
import { Nav } from "./nav.tsx";

const page = signal<ComponentType | null>(null);
const failure = signal<Failure | null>(null);

function load(): void {
	failure.value = null;
	import("./page.tsx").then(
		(module) => {
			page.value = module.ExplorePage;
		},
		() => {
			failure.value = new Failure(0, "chunk", "This part of the app could not be loaded.");
		},
	);
}

/** The pages of questions. Their code comes when the first of them is opened: the Overview never waits for it. */
export function Explore() {
	useEffect(() => {
		if (page.peek() === null) load();
	}, []);
	const Page = page.value;
	if (Page) return <Page />;
	return (
		<div class="page">
			<Header />
			<Nav />
			<main aria-busy={failure.value === null}>
				{/* After a deployment the old code's parts are gone: the page itself is what has to be loaded again. */}
				{failure.value ? (
					<Problem failure={failure.value} retry={() => location.reload()} />
				) : (
					<div class="explore-wait" />
				)}
			</main>
		</div>
	);
}

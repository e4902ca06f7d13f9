/** Parts of the app whose code comes when they are first opened. */
import { signal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { Failure } from "./api.ts";
import { Problem } from "./panels/states.tsx";

/** `waiting`: what stands in its place meanwhile. `around`: what a problem stands in, where it is a whole page. */
export function lazy<Props extends object>(
	load: () => Promise<ComponentType<Props>>,
	waiting: () => VNode = () => <div class="explore-wait" />,
	around: (problem: VNode) => VNode = (problem) => problem,
): ComponentType<Props> {
	const part = signal<ComponentType<Props> | null>(null);
	const failed = signal(false);
	let asked = false;
	const start = () => {
		if (asked) return;
		asked = true;
		load().then(
			(loaded) => {
				part.value = loaded;
			},
			() => {
				failed.value = true;
			},
		);
	};
	return function Lazy(props: Props) {
		// Before the first paint: code that is here already is shown by it.
		useLayoutEffect(start, []);
		const Part = part.value;
		if (Part) return <Part {...props} />;
		// After a deployment the old code's parts are gone: the page itself is what has to be loaded again.
		const failure = new Failure(0, "chunk", "This part of the app could not be loaded.");
		return failed.value ? around(<Problem failure={failure} retry={() => location.reload()} />) : waiting();
	};
}

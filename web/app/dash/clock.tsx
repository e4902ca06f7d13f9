/** The time of day in the dashboard's zone: on a wall it says that the page is alive. */
import { useEffect, useState } from "preact/hooks";

export function Clock({ zone }: { zone: string }) {
	const [now, setNow] = useState(Date.now);
	useEffect(() => {
		const timer = setInterval(() => setNow(Date.now()), 1_000);
		return () => clearInterval(timer);
	}, []);
	const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
	return <time class="wall-clock">{format.format(now)}</time>;
}

// The ceiling: what a Worker can do at most on the same bodies. It parses the JSON and answers, nothing else.
export default {
	async fetch(request) {
		const batch = await request.json();
		return Response.json({ accepted: batch.events.length }, { status: 202 });
	},
};

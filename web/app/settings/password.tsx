/** The server's rule (schema/people.ts, which brings the validator along), told before it is asked. */
const LEAST = 10;

export const passwordProblem = (password: string): string | null =>
	password.length < LEAST ? `A password has at least ${LEAST} characters.` : null;

export const PasswordHint = () => (
	<p class="hint">At least {LEAST} characters. A sentence of a few words is easy to remember and hard to guess.</p>
);

import { render } from "preact";
import { key } from "./key.ts";
import { Login } from "./pages/login.tsx";
import { WorkspacePage } from "./pages/workspace.tsx";
import "./theme/tokens.css";
import "./theme/base.css";
import "./theme/page.css";
import "./theme/panels.css";

function App() {
	return key.value === null ? <Login /> : <WorkspacePage key={key.value} secret={key.value} />;
}

const host = document.getElementById("app");
if (host) render(<App />, host);

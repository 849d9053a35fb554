import { render } from "preact";
import "./app.css";

render(<main>Gridpost</main>, document.getElementById("app")!);

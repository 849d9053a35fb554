import { useEffect, useRef } from "preact/hooks";
import { passwordWanted } from "../lib/api";
import { useCell } from "../lib/cell";
import { t } from "../texts/texts";

/** Asks for the hub's password when something needs it; the browser's own question never comes up. */
export function Login() {
	const wanted = useCell(passwordWanted);
	const dialog = useRef<HTMLDialogElement>(null);
	const field = useRef<HTMLInputElement>(null);
	useEffect(() => {
		if (!wanted) return;
		field.current!.value = "";
		dialog.current!.showModal();
	}, [wanted]);
	const answer = (password: string | undefined) => {
		wanted?.answer(password);
		dialog.current?.close();
	};
	return (
		<dialog
			ref={dialog}
			class="login"
			aria-labelledby="login-title"
			onCancel={(event) => {
				event.preventDefault();
				answer(undefined);
			}}
		>
			<form
				onSubmit={(event) => {
					event.preventDefault();
					answer(field.current!.value);
				}}
			>
				<h2 id="login-title">{t("loginTitle")}</h2>
				<p>{t("loginText")}</p>
				{wanted?.wrong && (
					<p class="bad" role="alert">
						{t("loginWrong")}
					</p>
				)}
				<input type="hidden" name="username" autocomplete="username" value="admin" />
				<label>
					<span>{t("loginPassword")}</span>
					<input ref={field} type="password" name="password" autocomplete="current-password" required />
				</label>
				<div class="buttons">
					<button type="button" class="button" onClick={() => answer(undefined)}>
						{t("cancel")}
					</button>
					<button type="submit" class="button primary">
						{t("loginGo")}
					</button>
				</div>
			</form>
		</dialog>
	);
}

//! The rules that say which role may call which RPC, and the form that writes them.

use leptos::prelude::*;
use portal_app::{Me, failure, load};
use portal_client::{Code, RpcError, pb};
use portal_ui::{Badge, Card, ConfirmDialog, Failure, Form, FormState, Load, Remote, SubmitButton, TextArea, Toasts, When, bind};
use prost_types::FieldMask;

/// What somebody needs to know who has not written rules before.
const HINT: &str = "\u{201c}p, role, RPC\u{201d} lets a role call an RPC, or with a * at the end all that begin so; \u{201c}g, role, other\u{201d} gives it all that another role may.\n\
                    Roles are written as tenant_admin, RPCs by their full path. Lines that begin with # are comments.";

/// What is said when the rules are not those any more that somebody began with.
const OUTDATED: &str = "Somebody else has written rules since you began. Yours are still here, unsaved. Those in force are shown below: \
                        take over what you want to keep of them, then save again.";

/// What is typed.
#[derive(Clone, Default)]
struct Typed {
    text: String,
}

/// The rules in force, and those that are being written. It can be copied.
#[derive(Clone, Copy)]
struct Draft {
    me: Me,
    policy: Remote<pb::Policy>,
    roles: Remote<pb::GetRolesResponse>,
    form: RwSignal<Typed>,
    /// The version that the writing began with.
    etag: RwSignal<String>,
    /// What somebody else has written since.
    theirs: RwSignal<Option<String>>,
}

impl Draft {
    /// Begins anew with the rules in force.
    fn begin(self, now: pb::Policy) {
        self.form.set(Typed { text: now.text });
        self.etag.set(now.etag);
        self.theirs.set(None);
    }

    /// Asks the server to write a text, or only what it thinks of it.
    async fn write(self, text: String, validate_only: bool) -> Result<pb::Policy, RpcError> {
        let policy = pb::Policy {
            text,
            etag: self.etag.get_untracked(),
            ..Default::default()
        };
        let paths = vec!["text".to_owned()];
        let request = pb::UpdatePolicyRequest {
            policy: Some(policy),
            update_mask: Some(FieldMask { paths }),
            validate_only,
            ..Default::default()
        };
        self.me.client().master().update_policy(request).await
    }

    /// These rules are in force now; what hangs on them follows.
    fn written(self, now: pb::Policy) {
        self.etag.set(now.etag.clone());
        self.policy.set(now);
        self.roles.reload();
        self.me.look_again();
    }

    /// Why nothing was written. Where somebody else was faster, their rules are fetched; what is typed stays.
    async fn refused(self, error: RpcError) -> Failure {
        if error.code != Code::Aborted {
            return failure(error);
        }
        match self.me.client().master().get_policy(pb::GetPolicyRequest {}).await {
            Err(error) => failure(error),
            Ok(now) => {
                self.etag.set(now.etag.clone());
                self.theirs.set(Some(now.text.clone()));
                self.policy.set(now);
                Failure {
                    message: OUTDATED.to_owned(),
                    ..failure(error)
                }
            }
        }
    }
}

/// The tab.
#[component]
pub fn PolicyPanel(
    /// What the rules are about; it is loaded anew when they were written.
    roles: Remote<pb::GetRolesResponse>,
) -> impl IntoView {
    let me = Me::here();
    let policy = load(move || async move { me.client().master().get_policy(pb::GetPolicyRequest {}).await });
    let draft = Draft {
        me,
        policy,
        roles,
        form: RwSignal::default(),
        etag: RwSignal::default(),
        theirs: RwSignal::default(),
    };
    let rules = move |now: Signal<pb::Policy>| match me.may("UpdatePolicy") {
        true => view! { <Editor draft=draft /> }.into_any(),
        false => {
            let text = Signal::derive(move || now.get().text);
            view! { <Card title="Rules in force"><Rules label="Rules in force" text=text /></Card> }.into_any()
        }
    };
    view! {
        <Load
            data=policy
            what="The policy"
            children=move |now| {
                view! {
                    <div class="stack policy">
                        <InForce now=now draft=draft />
                        {rules(now)}
                    </div>
                }
            }
        />
    }
}

/// Rules that are only read.
#[component]
fn Rules(label: &'static str, #[prop(into)] text: Signal<String>) -> impl IntoView {
    view! {
        <pre class="rules" role="region" aria-label=label tabindex="0">
            {move || text.get()}
        </pre>
    }
}

/// Whose rules are in force, and the way back to the program's.
#[component]
fn InForce(now: Signal<pb::Policy>, draft: Draft) -> impl IntoView {
    let toasts = Toasts::here();
    let asking = RwSignal::new(false);
    let use_built_in = move || async move {
        let written = draft.write(String::new(), false).await;
        draft.written(match written {
            Ok(now) => now,
            Err(error) => return Err(draft.refused(error).await),
        });
        toasts.done("The built-in rules are in force");
        Ok(())
    };
    let state = move || {
        now.with(|now| match now.built_in {
            true => view! { <Badge text="Built-in" /> <p>"The rules that come with the program are in force."</p> }.into_any(),
            false => view! {
                <Badge text="Your own" />
                <p>"Rules of your own are in force, written " <When at=now.update_time /> "."</p>
            }
            .into_any(),
        })
    };
    let button = move || {
        (draft.me.may("UpdatePolicy") && !now.with(|now| now.built_in)).then(|| {
            view! {
                <button type="button" class="btn btn-plain btn-sm" on:click=move |_| asking.set(true)>
                    "Use the built-in rules"
                </button>
            }
        })
    };
    view! {
        <div class="card policy-state">{state} {button}</div>
        <ConfirmDialog open=asking title="Use the built-in rules?" confirm="Use the built-in rules" action=use_built_in>
            <p>
                "The rules that come with the program take the place of your own, on all servers within seconds. Yours are lost: copy them first if you may want them again."
            </p>
        </ConfirmDialog>
    }
}

/// The form. It keeps what is typed, whatever becomes of the rules in force meanwhile.
#[component]
fn Editor(draft: Draft) -> impl IntoView {
    let toasts = Toasts::here();
    let (policy, form, theirs) = (draft.policy, draft.form, draft.theirs);
    let state = FormState::new(Vec::new);
    Effect::new(move |_| {
        if let Some(now) = policy.value().get().filter(|_| !state.dirty().get_untracked()) {
            draft.begin(now);
        }
    });
    let text = move || form.with_untracked(|form| form.text.clone());
    let check = move |_| {
        state.ask(async move {
            if let Err(error) = draft.write(text(), true).await {
                return Err(draft.refused(error).await);
            }
            toasts.done("Nothing is wrong with these rules. They are not saved yet");
            Ok(())
        });
    };
    let save = move || async move {
        match draft.write(text(), false).await {
            Err(error) => Err(draft.refused(error).await),
            Ok(now) => {
                state.settle();
                draft.written(now);
                toasts.done("The rules are in force");
                Ok(())
            }
        }
    };
    let in_force = move || {
        let text = theirs.get()?;
        Some(view! { <Card title="Rules in force now"><Rules label="Rules in force now" text=text /></Card> })
    };
    view! {
        <Form state=state action=save when_refused="Nothing was saved">
            <Card>
                <TextArea label="Rules" path="policy.text" value=bind!(form.text) hint=HINT code=true />
            </Card>
            <div class="form-actions">
                <SubmitButton label="Save" />
                <button type="button" class="btn btn-plain" disabled=move || state.busy().get() on:click=check>
                    "Check"
                </button>
            </div>
            {in_force}
        </Form>
    }
}

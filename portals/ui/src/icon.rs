//! The icons: one set, drawn on a grid of 24 with one stroke.

use leptos::prelude::*;

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident = $path:literal,)+) => {
        /// An icon of the set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Icon {
            $($(#[$doc])* $name,)+
        }

        impl Icon {
            /// Every icon, for the gallery.
            pub const ALL: &[Icon] = &[$(Icon::$name,)+];

            /// The drawing.
            fn path(self) -> &'static str {
                match self {
                    $(Icon::$name => $path,)+
                }
            }
        }
    };
}

icons! {
    /// Dashboard.
    Home = "M4 11 12 4l8 7M6 9.5V20h12V9.5M10 20v-6h4v6",
    /// A tenant's company.
    Building = "M5 21V4h9v17M14 9h5v12M3 21h18M8.5 8h2M8.5 12h2M8.5 16h2",
    /// A deployment or an instance.
    Server = "M4 5h16v6H4zM4 13h16v6H4zM7.5 8h.01M7.5 16h.01M12 8h5M12 16h5",
    /// A plan or a price.
    Tag = "M4 4h8l8 8-8 8-8-8zM8.5 8.5h.01",
    /// A partner, a reseller.
    Partner = "M8 10.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 19.5c0-3.5 2.2-5.5 5.5-5.5s5.5 2 5.5 5.5M15 5.5h6M18 2.5v6M16 14.2c3 .3 5 2.2 5 5.3",
    /// Several people.
    Users = "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.6-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.5M18 14.6c2.2.7 3.5 2.6 3.5 5.4",
    /// One person.
    User = "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c0-4 3-6 7.5-6s7.5 2 7.5 6",
    /// A list of what happened.
    Audit = "M6 4h12v17H6zM9 2.5h6V6H9zM9 11h6M9 15h4",
    /// An invoice or another document.
    Document = "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
    /// A commission or a rate.
    Percent = "M6 18 18 6M7.5 9.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM16.5 18.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
    /// A payment.
    Card = "M3 6h18v12H3zM3 10h18M7 14.5h3",
    /// Settings.
    Settings = "M4 7h9M17 7h3M15 9.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM4 17h3M11 17h9M9 19.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
    /// Search.
    Search = "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5",
    /// Filter.
    Filter = "M4 6h16M7 12h10M10 18h4",
    /// Add.
    Plus = "M12 5v14M5 12h14",
    /// No change.
    Minus = "M6 12h12",
    /// Close or remove.
    Close = "M6 6l12 12M18 6 6 18",
    /// Done.
    Check = "M5 12.5l4.5 4.5L19 7.5",
    /// Opens downwards.
    Down = "M6 9.5l6 6 6-6",
    /// Opens upwards.
    Up = "M6 14.5l6-6 6 6",
    /// Leads on.
    Right = "M9.5 6l6 6-6 6",
    /// Leads back.
    Left = "M14.5 6l-6 6 6 6",
    /// Sorted upwards.
    SortUp = "M12 19V5M6.5 10.5 12 5l5.5 5.5",
    /// Sorted downwards.
    SortDown = "M12 5v14M6.5 13.5 12 19l5.5-5.5",
    /// Can be sorted.
    Sort = "M8 9l4-4 4 4M8 15l4 4 4-4",
    /// The drawer of a narrow screen.
    Menu = "M4 7h16M4 12h16M4 17h16",
    /// More actions.
    More = "M12 5.5h.01M12 12h.01M12 18.5h.01",
    /// Collapses or opens the sidebar.
    Sidebar = "M4 5h16v14H4zM9.5 5v14",
    /// Copy.
    Copy = "M9 9h11v11H9zM15 9V4H4v11h5",
    /// Opens elsewhere.
    External = "M13 5h6v6M19 5l-9 9M10 6H5v13h13v-5",
    /// Load again, restart.
    Refresh = "M20 12a8 8 0 1 1-2.5-5.8M20 3.5V8h-4.5",
    /// Start.
    Play = "M7 4.5v15l12-7.5z",
    /// Pause.
    Pause = "M8.5 5v14M15.5 5v14",
    /// Stop.
    Stop = "M6 6h12v12H6z",
    /// Delete.
    Trash = "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5",
    /// A warning.
    Warning = "M12 4 2.5 20h19zM12 10v4.5M12 17.2h.01",
    /// A failure.
    Failure = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5v5.5M12 16.2h.01",
    /// Information.
    Info = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.8h.01",
    /// Succeeded.
    Success = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.3l2.8 2.8L16 9.6",
    /// A time, waiting.
    Clock = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.2l3.5 2",
    /// The light theme.
    Sun = "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
    /// The dark theme.
    Moon = "M20 14.2A8.2 8.2 0 0 1 9.8 4 8.2 8.2 0 1 0 20 14.2z",
    /// The system's theme.
    Monitor = "M3.5 5h17v11h-17zM8.5 20h7M12 16v4",
    /// Sign out.
    SignOut = "M14 4H5v16h9M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5",
    /// A key, a password.
    Key = "M8 19.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11 12.7 19.5 4M16 7.5l2.5 2.5",
    /// Show a password.
    Eye = "M2.5 12c2.3-4.3 5.5-6.5 9.5-6.5s7.2 2.2 9.5 6.5c-2.3 4.3-5.5 6.5-9.5 6.5S4.8 16.3 2.5 12zM12 14.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6z",
    /// Hide a password.
    EyeOff = "M4 4l16 16M9.5 5.9c.8-.3 1.6-.4 2.5-.4 4 0 7.2 2.2 9.5 6.5-.7 1.3-1.5 2.4-2.4 3.3M6.4 7.3C4.9 8.4 3.6 10 2.5 12c2.3 4.3 5.5 6.5 9.5 6.5 1.7 0 3.2-.4 4.6-1.1",
    /// Nothing here yet.
    Inbox = "M4 13l3-8h10l3 8v6H4zM4 13h5l1.5 2.5h3L15 13h5",
    /// A mail.
    Mail = "M3.5 6h17v12h-17zM4 7l8 6 8-6",
    /// A chart, metrics.
    Chart = "M4 4v16h16M8 15l3.5-4.5 3 2.5L20 7",
    /// A table of numbers.
    Table = "M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9",
    /// Edit.
    Edit = "M5 19l1-4L16.5 4.5l3 3L9 18z",
    /// Undo.
    Undo = "M8 5 4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11H9",
}

/// An icon. It says nothing to screen readers: put text or a label beside it.
#[component]
pub fn IconView(
    /// Which one.
    #[prop(into)]
    icon: Signal<Icon>,
    /// More classes.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    view! {
        <svg class=format!("icon {class}") viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=move || icon.get().path()></path>
        </svg>
    }
}

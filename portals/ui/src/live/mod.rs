//! What changes without a reload: steps of long work, logs, the state of the connection.

mod log;
mod reconnect;
mod steps;

pub use log::{LogLine, LogLines, LogView};
pub use reconnect::{LiveState, ReconnectingBanner};
pub use steps::{Step, StepList, StepState};

//! The shim's main loop: one program, its state, and what happens to it.

use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::HERE;
use super::backoff::Backoff;
use super::process::{self, ProcessId};
use super::run::{self, Ending, Log, Run};
use super::socket;
use super::spec::{Exit, KEPT_EXITS, Phase, Reply, Request, Spec, State};

/// What follows when the program has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    /// It should have kept running: start it again after a wait.
    Run,
    /// Start it at once, with the spec as it is now.
    Restart,
    /// End the shim too.
    End,
}

/// The shim's side of one run folder, which is the current folder.
pub(super) struct Supervisor {
    spec: Spec,
    state: State,
    log: Log,
    backoff: Backoff,
    goal: Goal,
    run: Option<Run>,
    /// In back-off: when to start. While stopping: when to kill.
    alarm: Option<Instant>,
    /// Those who wait for the goal.
    waiting: Vec<oneshot::Sender<Reply>>,
}

impl Supervisor {
    pub(super) fn new(spec: Spec, log: Log) -> io::Result<Self> {
        let earlier = State::read(Path::new(HERE))?;
        // A shim that ended on request has said so in its last state.
        let died = earlier.as_ref().is_some_and(|earlier| earlier.phase != Phase::Stopped);
        let state = State {
            boot_id: process::boot_id()?,
            generation: spec.generation,
            phase: Phase::Starting,
            shim: ProcessId::own()?,
            child: None,
            restarts: earlier.as_ref().map_or(0, |earlier| earlier.restarts) + u64::from(died),
            started_at: None,
            next_start_at: None,
            exits: earlier.map(|earlier| earlier.exits).unwrap_or_default(),
        };
        state.write(Path::new(HERE))?;
        Ok(Self {
            spec,
            state,
            log,
            backoff: Backoff::default(),
            goal: Goal::Run,
            run: None,
            alarm: None,
            waiting: Vec::new(),
        })
    }

    /// Keeps the program running until a request or a signal ends it.
    pub(super) async fn run(mut self) -> anyhow::Result<()> {
        let mut children = signal(SignalKind::child())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let (sender, mut calls) = mpsc::channel(8);
        tokio::spawn(socket::serve(socket::bind().context("The socket cannot be made")?, sender));
        self.start();
        while self.state.phase != Phase::Stopped {
            let alarm = self.alarm;
            tokio::select! {
                _ = children.recv() => self.children_changed().await,
                Some((request, reply)) = calls.recv() => self.request(request, reply).await,
                () = async { sleep_until(alarm.unwrap_or_else(Instant::now)).await }, if alarm.is_some() => self.alarm_rang().await,
                _ = terminate.recv() => self.stop(Signal::TERM).await,
                _ = interrupt.recv() => self.stop(Signal::TERM).await,
                // Nobody's terminal closes a shim.
                _ = hangup.recv() => {}
            }
        }
        // The replies are on their way through other tasks of this thread.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(())
    }

    async fn request(&mut self, request: Request, reply: oneshot::Sender<Reply>) {
        match request {
            Request::Status => drop(reply.send(Reply::State { state: self.state.clone() })),
            Request::Stop => {
                self.waiting.push(reply);
                self.stop(Signal::TERM).await;
            }
            Request::Kill => {
                self.waiting.push(reply);
                self.stop(Signal::KILL).await;
            }
            Request::Restart if self.goal == Goal::End => {
                drop(reply.send(Reply::Refused {
                    message: "The program is being stopped.".to_owned(),
                }));
            }
            Request::Restart => match Spec::read(Path::new(HERE)) {
                Ok(spec) => {
                    self.spec = spec;
                    self.waiting.push(reply);
                    self.end(Goal::Restart, Signal::TERM).await;
                }
                Err(error) => drop(reply.send(Reply::Refused {
                    message: format!("The spec cannot be used: {error}"),
                })),
            },
        }
    }

    async fn stop(&mut self, with: Signal) {
        self.end(Goal::End, with).await;
    }

    /// Ends the program for a goal, or goes straight to the goal where none runs.
    async fn end(&mut self, goal: Goal, with: Signal) {
        self.goal = goal;
        let Some(run) = &self.run else {
            return self.reach_goal().await;
        };
        // A second stop must not lengthen the first one's wait.
        if with == Signal::KILL || self.state.phase != Phase::Stopping {
            run.signal(with);
            let kill = with == Signal::KILL;
            self.alarm = (!kill).then(|| Instant::now() + Duration::from_secs(self.spec.stop_timeout_seconds));
            self.state.phase = Phase::Stopping;
            self.log.line(if kill { "Killing the program." } else { "Stopping the program." });
            self.save();
            self.children_changed().await;
        }
    }

    async fn alarm_rang(&mut self) {
        self.alarm = None;
        match (&self.run, self.state.phase) {
            (Some(run), Phase::Stopping) => {
                run.signal(Signal::KILL);
                self.log.line(&format!(
                    "The program did not end within {} s and was killed.",
                    self.spec.stop_timeout_seconds
                ));
                self.children_changed().await;
            }
            (None, Phase::Backoff) => {
                self.state.restarts += 1;
                self.start();
            }
            _ => {}
        }
    }

    fn start(&mut self) {
        self.state.phase = Phase::Starting;
        self.state.generation = self.spec.generation;
        self.state.next_start_at = None;
        self.alarm = None;
        self.goal = Goal::Run;
        let now = now();
        self.state.started_at = Some(now);
        self.save();
        match Run::start(&self.spec, self.state.shim, &self.log) {
            Ok(run) => {
                self.log.line(&format!("Started the program as process {}.", run.id.pid));
                self.state.phase = Phase::Running;
                self.state.child = Some(run.id);
                self.run = Some(run);
                self.save();
            }
            Err(error) => {
                self.log.line(&format!("The program could not be started: {error}."));
                self.ended(Ending::default());
                self.wait_to_restart(now);
            }
        }
        self.answer();
    }

    /// Reaps what has ended and goes on if that was the program.
    async fn children_changed(&mut self) {
        let Some(run) = &mut self.run else {
            // Orphans of an earlier run.
            return run::reap(|_, _| {});
        };
        run.reap();
        let killed = self.state.phase == Phase::Stopping && self.alarm.is_none();
        let Some(ending) = run
            .ending
            .filter(|_| self.state.phase != Phase::Stopping || killed || run.group_is_empty())
        else {
            return;
        };
        if let Some(run) = self.run.take() {
            run.finish().await;
        }
        self.alarm = None;
        self.ended(ending);
        self.reach_goal().await;
    }

    async fn reach_goal(&mut self) {
        match self.goal {
            Goal::Run => self.wait_to_restart(self.state.started_at.unwrap_or_else(now)),
            Goal::Restart => self.start(),
            Goal::End => {
                self.state.phase = Phase::Stopped;
                self.state.next_start_at = None;
                self.log.line("The program is stopped.");
                self.save();
                self.answer();
            }
        }
    }

    fn ended(&mut self, ending: Ending) {
        let exit = Exit {
            code: ending.code,
            signal: ending.signal,
            started_at: self.state.started_at.unwrap_or_else(now),
            at: now(),
            asked: self.goal != Goal::Run,
        };
        self.state.exits.push(exit);
        let surplus = self.state.exits.len().saturating_sub(KEPT_EXITS);
        self.state.exits.drain(..surplus);
        if let Some(how) = ending.describe() {
            self.log.line(&format!("The program ended with {how}."));
        }
    }

    fn wait_to_restart(&mut self, started_at: DateTime<Utc>) {
        let ran = (now() - started_at).to_std().unwrap_or_default();
        let healthy = Duration::from_secs(self.spec.backoff_reset_seconds);
        let wait = self.backoff.after(ran, healthy, Duration::from_secs(self.spec.backoff_max_seconds));
        self.alarm = Some(Instant::now() + wait);
        self.state.phase = Phase::Backoff;
        self.state.next_start_at = Some(now() + wait);
        self.log.line(&format!("Starting it again in {} s.", wait.as_secs()));
        self.save();
    }

    fn answer(&mut self) {
        for reply in self.waiting.drain(..) {
            // Who asked may have gone.
            drop(reply.send(Reply::State { state: self.state.clone() }));
        }
    }

    /// A state that cannot be written is told in the log; the program matters more.
    fn save(&self) {
        if let Err(error) = self.state.write(Path::new(HERE)) {
            self.log.line(&format!("The state could not be written: {error}."));
        }
    }
}

/// The time as it is kept: in microseconds.
fn now() -> DateTime<Utc> {
    let now = Utc::now();
    now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
}

//! The port under attack: who calls too often, who guesses, who breaks the rules of the protocols. In each test somebody well-behaved is served all the while.

mod floods;
mod frames;
mod guess;
mod limits;
mod messages;
mod passwords;
mod refusals;
mod streams;
mod unread;
mod watches;
mod wire;

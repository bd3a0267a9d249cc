//! Components of the portals; they know no RPC.

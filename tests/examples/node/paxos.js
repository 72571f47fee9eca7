// Single-decree Paxos: acceptors and proposers as plain objects. Ballots are numbers from 1, 0 is none.
'use strict';

class Acceptor {
  constructor(name, raisesPromise = true) {
    Object.assign(this, { name, raisesPromise, promised: 0, votedBallot: 0, votedValue: null });
  }

  prepare(ballot) {
    if (ballot <= this.promised) return null;
    this.promised = ballot;
    return { kind: 'promise', from: this.name, ballot, votedBallot: this.votedBallot, votedValue: this.votedValue };
  }

  accept(ballot, value) {
    if (ballot < this.promised) return null;
    if (this.raisesPromise) this.promised = ballot;
    this.votedBallot = ballot;
    this.votedValue = value;
    return { kind: 'accepted', from: this.name, ballot, value };
  }
}

class Proposer {
  constructor(ballot, majority) {
    Object.assign(this, { ballot, majority, proposed: null });
  }

  // A request to vote for a value, once these promises are a majority; null if they are not.
  propose(promises, own) {
    if (this.proposed !== null || promises.length < this.majority) return null;
    const best = promises.reduce((x, y) => (y.votedBallot > x.votedBallot ? y : x));
    this.proposed = best.votedValue === null ? own : best.votedValue;
    return { kind: 'accept', ballot: this.ballot, value: this.proposed };
  }
}

module.exports = { Acceptor, Proposer };

// Drives paxos.js along the model `Paxos`: node adapter.js [no-promise-by-vote]
'use strict';
const readline = require('readline');
const { Acceptor, Proposer } = require('./paxos');

let acceptors, proposers, promises, wanted;
const number = (ballot) => (ballot === 'never' ? 0 : Number(ballot.slice(1)));
const name = (ballot) => (ballot === 0 ? 'never' : `b${ballot}`);
const refused = (text) => ({ type: 'refused', text });
const done = (...sent) => ({ type: 'perform_ok', sent });
const each = (show) => Object.fromEntries(acceptors.map((a) => [a.name, show(a)]));

function start({ elements }) {
  wanted = new Set(); // the ballots that are prepared
  promises = [];
  const majority = Math.floor(elements.Acceptor.length / 2) + 1;
  acceptors = elements.Acceptor.map((a) => new Acceptor(a, !process.argv.includes('no-promise-by-vote')));
  proposers = new Map(elements.Ballot.filter((b) => b !== 'never').map((b) => [b, new Proposer(number(b), majority)]));
  return { type: 'start_ok' };
}

const actions = {
  phase1a({ b }) {
    wanted.add(b);
    return done({ type: 'Prepare', b });
  },
  phase1b({ a, b }) {
    if (!wanted.has(b)) return { type: 'skipped', text: 'nobody has sent this' };
    const answer = acceptors.find((x) => x.name === a).prepare(number(b));
    if (answer === null) return refused(`${a} does not promise ${b}`);
    promises.push(answer);
    return done({ type: 'Promise', a, b, vb: name(answer.votedBallot), v: answer.votedValue });
  },
  phase2a({ b, v, q }) {
    const heard = promises.filter((m) => name(m.ballot) === b && q.includes(m.from));
    const request = proposers.get(b).propose(heard, v);
    if (request === null) return refused(`the proposer of ${b} proposes nothing`);
    const answer = done({ type: 'Accept', b, v: request.value });
    return request.value === v ? answer : { ...answer, chose: { v: request.value } };
  },
  phase2b({ a, b, v }) {
    if (proposers.get(b).proposed !== v) return { type: 'skipped', text: 'nobody has sent this' };
    const answer = acceptors.find((x) => x.name === a).accept(number(b), v);
    return answer === null ? refused(`${a} does not vote in ${b}`) : done({ type: 'Accepted', a, b, v });
  },
};

const state = () => ({
  max_bal: each((a) => name(a.promised)),
  max_vbal: each((a) => name(a.votedBallot)),
  max_val: each((a) => a.votedValue),
});

function copy() {
  return JSON.stringify({ acceptors, proposers: [...proposers], promises, wanted: [...wanted] });
}

function restore(snapshot) {
  const held = JSON.parse(snapshot);
  acceptors = held.acceptors.map((a) => Object.assign(new Acceptor(a.name), a));
  proposers = new Map(held.proposers.map(([b, p]) => [b, Object.assign(new Proposer(p.ballot, p.majority), p)]));
  promises = held.promises;
  wanted = new Set(held.wanted);
}

const perform = ({ action, args }) => ({ ...actions[action](args), state: state() });

// Until one does something: it sends something, or the state changes.
function probe(calls) {
  const answers = [];
  const before = JSON.stringify(state());
  for (const call of calls) {
    const answer = perform(call);
    answers.push(answer);
    if ((answer.sent || []).length || answer.chose || JSON.stringify(answer.state) !== before) break;
  }
  return answers;
}

function answer(body) {
  switch (body.type) {
    case 'init': return { type: 'init_ok', offers: ['probe', 'snapshot'] };
    case 'start': return { ...start(body), state: state() };
    case 'perform': return perform(body);
    case 'probe': return { type: 'probe_ok', answers: probe(body.calls) };
    case 'snapshot': return { type: 'snapshot_ok', snapshot: copy() };
    case 'restore': restore(body.snapshot); return { type: 'restore_ok' };
    default: return { type: 'error', code: 10, text: `cannot ${body.type}` };
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { src, dest, body } = JSON.parse(line);
  const reply = { src: dest, dest: src, body: { ...answer(body), in_reply_to: body.msg_id } };
  process.stdout.write(JSON.stringify(reply) + '\n');
});

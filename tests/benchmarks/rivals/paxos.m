-- Lamport's Paxos for Murphi (Rumur): 1a, 1b, 2a, 2b as growing sets, one boolean or code each.
-- The first three lines are replaced by the sizes asked for.
const
  A: 3;
  B: 4;
  V: 2;

type
  acceptor: 1 .. A;
  ballot: 1 .. B;
  value: 1 .. V;
  maybe_ballot: 0 .. B; -- 0: never
  maybe_value: 0 .. V; -- 0: none

var
  max_bal: array [acceptor] of maybe_ballot;
  max_vbal: array [acceptor] of maybe_ballot;
  max_val: array [acceptor] of maybe_value;
  prepare: array [ballot] of boolean;
  promised: array [acceptor] of array [ballot] of boolean;
  promise_vbal: array [acceptor] of array [ballot] of maybe_ballot;
  promise_val: array [acceptor] of array [ballot] of maybe_value;
  accept: array [ballot] of maybe_value;
  accepted: array [acceptor] of array [ballot] of array [value] of boolean;

-- Whether some majority has promised b, and the latest vote that it reports is for v or there is none.
function may_propose(b: ballot; v: value): boolean;
var silent: 0 .. A; not_later: 0 .. A;
begin
  silent := 0;
  for a: acceptor do
    if promised[a][b] & promise_vbal[a][b] = 0 then silent := silent + 1; end;
  end;
  if 2 * silent > A then return true; end;
  for a: acceptor do
    if promised[a][b] & promise_val[a][b] = v then
      not_later := 0;
      for o: acceptor do
        if promised[o][b] & promise_vbal[o][b] <= promise_vbal[a][b] then
          not_later := not_later + 1;
        end;
      end;
      if 2 * not_later > A then return true; end;
    end;
  end;
  return false;
end;

function chosen(b: ballot; v: value): boolean;
var votes: 0 .. A;
begin
  votes := 0;
  for a: acceptor do
    if accepted[a][b][v] then votes := votes + 1; end;
  end;
  return 2 * votes > A;
end;

startstate begin
  for a: acceptor do
    max_bal[a] := 0;
    max_vbal[a] := 0;
    max_val[a] := 0;
    for b: ballot do
      promised[a][b] := false;
      promise_vbal[a][b] := 0;
      promise_val[a][b] := 0;
      for v: value do accepted[a][b][v] := false; end;
    end;
  end;
  for b: ballot do
    prepare[b] := false;
    accept[b] := 0;
  end;
end;

ruleset b: ballot do
  rule "1a" !prepare[b] ==> begin prepare[b] := true; end;
end;

ruleset a: acceptor; b: ballot do
  rule "1b" prepare[b] & max_bal[a] < b ==> begin
    promised[a][b] := true;
    promise_vbal[a][b] := max_vbal[a];
    promise_val[a][b] := max_val[a];
    max_bal[a] := b;
  end;
end;

ruleset b: ballot; v: value do
  rule "2a" accept[b] = 0 & may_propose(b, v) ==> begin accept[b] := v; end;
end;

ruleset a: acceptor; b: ballot; v: value do
  rule "2b" accept[b] = v & max_bal[a] <= b & !accepted[a][b][v] ==> begin
    accepted[a][b][v] := true;
    max_bal[a] := b;
    max_vbal[a] := b;
    max_val[a] := v;
  end;
end;

invariant "agreement"
  forall b: ballot do forall v: value do chosen(b, v) ->
    forall c: ballot do forall w: value do chosen(c, w) -> v = w end end end end;

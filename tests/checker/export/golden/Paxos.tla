-------------------------------- MODULE Paxos -------------------------------
\* Any number of proposers, implicit: whoever acts in a ballot is its proposer.
EXTENDS Integers, FiniteSets, TLC

CONSTANTS
  Acceptor,   \* a set of model values
  MaxBallot,  \* how many elements Ballot has
  Value,      \* a set of model values
  None        \* a model value: nothing

Ballot == 1..MaxBallot
never == 0  \* below every Ballot
Quorum == {q \in SUBSET Acceptor : Cardinality(q) = Cardinality(Acceptor) \div 2 + 1}
Messages ==
       [type : {"Prepare"}, b : Ballot \cup {never}]
  \cup [type : {"Promise"}, a : Acceptor, b : Ballot \cup {never},
        vb : Ballot \cup {never}, v : Value \cup {None}]
  \cup [type : {"Accept"}, b : Ballot \cup {never}, v : Value]
  \cup [type : {"Accepted"}, a : Acceptor, b : Ballot \cup {never}, v : Value]

VARIABLES
  max_bal,
  max_vbal,
  max_val,
  sent

vars == <<max_bal, max_vbal, max_val, sent>>

TypeOK ==
  /\ max_bal \in [Acceptor -> Ballot \cup {never}]
  /\ max_vbal \in [Acceptor -> Ballot \cup {never}]
  /\ max_val \in [Acceptor -> Value \cup {None}]
  /\ sent \subseteq Messages

KeysAreUnique ==
  /\ \A m, n \in sent :
       m.type = "Promise" /\ n.type = "Promise" /\ m.a = n.a /\ m.b = n.b => m = n
  /\ \A m, n \in sent : m.type = "Accept" /\ n.type = "Accept" /\ m.b = n.b => m = n

-----------------------------------------------------------------------------

chosen(b, v) ==
  \E q \in Quorum :
    \A a \in q : [type |-> "Accepted", a |-> a, b |-> b, v |-> v] \in sent

-----------------------------------------------------------------------------

Init ==
  /\ max_bal = [a \in Acceptor |-> never]
  /\ max_vbal = [a \in Acceptor |-> never]
  /\ max_val = [a \in Acceptor |-> None]
  /\ sent = {}

phase1a(b) ==
  /\ sent' = sent \cup {[type |-> "Prepare", b |-> b]}
  /\ UNCHANGED <<max_bal, max_vbal, max_val>>

phase1b(a, b) ==
  /\ [type |-> "Prepare", b |-> b] \in sent
  /\ max_bal[a] < b
  /\ sent' = sent \cup {[type |-> "Promise", a |-> a, b |-> b, vb |-> max_vbal[a],
                         v |-> max_val[a]]}
  /\ max_bal' = [max_bal EXCEPT ![a] = b]
  /\ UNCHANGED <<max_vbal, max_val>>

phase2a(b, v, q) ==
  LET voted == {m \in sent : m.type = "Promise" /\ m.b = b /\ m.a \in q /\ m.v # None}
  IN  /\ ~\E m \in sent : m.type = "Accept" /\ m.b = b
      /\ \A a \in q : \E m \in sent : m.type = "Promise" /\ m.a = a /\ m.b = b
      /\ voted = {} \/ \E m \in voted : m.v = v /\ \A n \in voted : n.vb <= m.vb
      /\ sent' = sent \cup {[type |-> "Accept", b |-> b, v |-> v]}
      /\ UNCHANGED <<max_bal, max_vbal, max_val>>

phase2b(a, b, v) ==
  /\ [type |-> "Accept", b |-> b, v |-> v] \in sent
  /\ max_bal[a] <= b
  /\ sent' = sent \cup {[type |-> "Accepted", a |-> a, b |-> b, v |-> v]}
  /\ max_bal' = [max_bal EXCEPT ![a] = b]
  /\ max_vbal' = [max_vbal EXCEPT ![a] = b]
  /\ max_val' = [max_val EXCEPT ![a] = v]

Next ==
  \/ \E b \in Ballot : phase1a(b)
  \/ \E a \in Acceptor, b \in Ballot : phase1b(a, b)
  \/ \E b \in Ballot, v \in Value, q \in Quorum : phase2a(b, v, q)
  \/ \E a \in Acceptor, b \in Ballot, v \in Value : phase2b(a, b, v)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------

agreement ==
  \A b \in Ballot, v \in Value, c \in Ballot, w \in Value :
    chosen(b, v) /\ chosen(c, w) => v = w

one_value_per_ballot ==
  \A m, n \in sent : m.type = "Accept" /\ n.type = "Accept" /\ m.b = n.b => m.v = n.v

votes_were_proposed ==
  \A m \in sent :
    m.type = "Accepted" =>
      [type |-> "Accept", b |-> m.b, v |-> m.v] \in sent /\ m.b <= max_vbal[m.a]

latest_vote_is_recorded ==
  \A a \in Acceptor :
    /\ max_vbal[a] <= max_bal[a]
    /\ IF max_vbal[a] = never
       THEN max_val[a] = None
       ELSE \E m \in sent :
              m.type = "Accepted" /\ m.a = a /\ m.b = max_vbal[a] /\ m.v = max_val[a]

promises_are_honest ==
  \A m \in sent :
    m.type = "Promise" =>
      /\ m.b <= max_bal[m.a]
      /\ m.vb < m.b
      /\ IF m.vb = never
         THEN m.v = None
         ELSE \E n \in sent :
                n.type = "Accepted" /\ n.a = m.a /\ n.b = m.vb /\ n.v = m.v
      /\ ~\E n \in sent : n.type = "Accepted" /\ n.a = m.a /\ m.vb < n.b /\ n.b < m.b

\* Nothing but the value of a later ballot can still be chosen in an earlier one.
earlier_ballots_are_closed ==
  \A m \in sent, c \in Ballot, w \in Value, q \in Quorum :
    m.type = "Accept" /\ c < m.b /\ w # m.v =>
      \E a \in q :
        c < max_bal[a] /\ [type |-> "Accepted", a |-> a, b |-> c, v |-> w] \notin sent

-----------------------------------------------------------------------------

\* Goals: that each can be reached is seen by checking its negation as an invariant.

a_value_is_chosen == \E b \in Ballot, v \in Value : chosen(b, v)

-----------------------------------------------------------------------------

Symmetry == Permutations(Acceptor) \cup Permutations(Value)

=============================================================================

--------------------------- MODULE TwoPhaseCommit ---------------------------
\* Whoever loses its unlogged work in a crash may do it again, until it gives up.
EXTENDS Integers, TLC

CONSTANTS
  Coordinator,  \* a set of model values
  Participant,  \* a set of model values
  MaxCrash,     \* how often a fault `crash` may happen
  None          \* a model value: nothing

State == {"working", "prepared", "committed", "aborted"}
Outcome == {"commit", "abort"}
Messages ==
  [type : {"Prepared"}, p : Participant] \cup [type : {"Decision"}, outcome : Outcome]

VARIABLES
  state,
  worked,      \* volatile: lost in a crash
  heard,       \* volatile: lost in a crash
  decision,
  sent,
  crash_left   \* how often `crash` may still happen

vars == <<state, worked, heard, decision, sent, crash_left>>

TypeOK ==
  /\ state \in [Participant -> State]
  /\ worked \in [Participant -> BOOLEAN]
  /\ heard \in [Coordinator -> SUBSET Participant]
  /\ decision \in [Coordinator -> Outcome \cup {None}]
  /\ sent \subseteq Messages
  /\ crash_left \in 0..MaxCrash

-----------------------------------------------------------------------------

\* A vote is a promise: only who has not voted may give up alone.
may_give_up(p) == state[p] = "working"

-----------------------------------------------------------------------------

Init ==
  /\ state = [p \in Participant |-> "working"]
  /\ worked = [p \in Participant |-> FALSE]
  /\ heard = [c \in Coordinator |-> {}]
  /\ decision = [c \in Coordinator |-> None]
  /\ sent = {}
  /\ crash_left = MaxCrash

work(p) ==
  /\ state[p] = "working"
  /\ ~worked[p]
  /\ worked' = [worked EXCEPT ![p] = TRUE]
  /\ UNCHANGED <<state, heard, decision, sent, crash_left>>

prepare(p) ==
  /\ state[p] = "working"
  /\ worked[p]
  /\ state' = [state EXCEPT ![p] = "prepared"]
  /\ UNCHANGED <<worked, heard, decision, sent, crash_left>>

vote(p) ==
  /\ state[p] = "prepared"
  /\ [type |-> "Prepared", p |-> p] \notin sent
  /\ sent' = sent \cup {[type |-> "Prepared", p |-> p]}
  /\ UNCHANGED <<state, worked, heard, decision, crash_left>>

give_up(p) ==
  /\ may_give_up(p)
  /\ state' = [state EXCEPT ![p] = "aborted"]
  /\ UNCHANGED <<worked, heard, decision, sent, crash_left>>

learn(p, m) ==
  /\ m.type = "Decision"
  /\ state[p] = "working" \/ state[p] = "prepared"
  /\ state' = [state EXCEPT ![p] = IF m.outcome = "commit"
                                   THEN "committed"
                                   ELSE "aborted"]
  /\ UNCHANGED <<worked, heard, decision, sent, crash_left>>

hear(c, m) ==
  /\ m.type = "Prepared"
  /\ decision[c] = None
  /\ m.p \notin heard[c]
  /\ heard' = [heard EXCEPT ![c] = heard[c] \cup {m.p}]
  /\ UNCHANGED <<state, worked, decision, sent, crash_left>>

commit(c) ==
  /\ decision[c] = None
  /\ \A p \in Participant : p \in heard[c]
  /\ decision' = [decision EXCEPT ![c] = "commit"]
  /\ UNCHANGED <<state, worked, heard, sent, crash_left>>

abort(c) ==
  /\ decision[c] = None
  /\ decision' = [decision EXCEPT ![c] = "abort"]
  /\ UNCHANGED <<state, worked, heard, sent, crash_left>>

announce(c, outcome) ==
  /\ decision[c] = outcome
  /\ [type |-> "Decision", outcome |-> outcome] \notin sent
  /\ sent' = sent \cup {[type |-> "Decision", outcome |-> outcome]}
  /\ UNCHANGED <<state, worked, heard, decision, crash_left>>

crash_participant(p) ==
  /\ crash_left > 0
  /\ worked' = [worked EXCEPT ![p] = FALSE]
  /\ crash_left' = crash_left - 1
  /\ UNCHANGED <<state, heard, decision, sent>>

crash_coordinator(c) ==
  /\ crash_left > 0
  /\ heard' = [heard EXCEPT ![c] = {}]
  /\ crash_left' = crash_left - 1
  /\ UNCHANGED <<state, worked, decision, sent>>

Next ==
  \/ \E p \in Participant : work(p)
  \/ \E p \in Participant : prepare(p)
  \/ \E p \in Participant : vote(p)
  \/ \E p \in Participant : give_up(p)
  \/ \E p \in Participant, m \in sent : learn(p, m)
  \/ \E c \in Coordinator, m \in sent : hear(c, m)
  \/ \E c \in Coordinator : commit(c)
  \/ \E c \in Coordinator : abort(c)
  \/ \E c \in Coordinator, outcome \in Outcome : announce(c, outcome)
  \/ \E p \in Participant : crash_participant(p)
  \/ \E c \in Coordinator : crash_coordinator(c)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------

consistency == ~({"committed", "aborted"} \subseteq {state[p] : p \in Participant})

commit_needs_every_vote ==
  \/ [type |-> "Decision", outcome |-> "commit"] \notin sent
  \/ \A p \in Participant :
       [type |-> "Prepared", p |-> p] \in sent /\ state[p] # "aborted"

what_is_announced_is_logged ==
  \A c \in Coordinator, m \in sent : m.type = "Decision" => decision[c] = m.outcome

votes_bind ==
  \A m \in sent :
    m.type = "Prepared" =>
      /\ state[m.p] # "working"
      /\ state[m.p] # "aborted" \/ [type |-> "Decision", outcome |-> "abort"] \in sent

-----------------------------------------------------------------------------

\* Goals: that each can be reached is seen by checking its negation as an invariant.

everyone_commits == \A p \in Participant : state[p] = "committed"

everyone_aborts_after_a_vote ==
  \A p \in Participant : state[p] = "aborted" /\ [type |-> "Prepared", p |-> p] \in sent

-----------------------------------------------------------------------------

Symmetry == Permutations(Coordinator) \cup Permutations(Participant)

=============================================================================

/** An acceptor of Paxos. With the defect a vote does not raise the promise. */
final class Acceptor {
    final String name;
    private final boolean defect;
    int promised = 0;
    int votedBallot = 0;
    String votedValue = null;

    Acceptor(String name, boolean defect) {
        this.name = name;
        this.defect = defect;
    }

    /** Promise a ballot; false if it may not. */
    boolean prepare(int ballot) {
        if (ballot <= promised) return false;
        promised = ballot;
        return true;
    }

    /** Vote in a ballot; false if it may not. */
    boolean accept(int ballot, String value) {
        if (ballot < promised) return false;
        if (!defect) promised = ballot;
        votedBallot = ballot;
        votedValue = value;
        return true;
    }
}

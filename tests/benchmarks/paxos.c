/* Lamport's Paxos (1a/1b/2a/2b as a growing set of messages) at 3 acceptors, 4 ballots, 2 values:
 * every reachable state, breadth-first, by a program that knows nothing else.
 *
 * Written by hand to measure the checker against. A state is one word of 51 bits: what was sent, and
 * nothing that follows from it. For each acceptor 13 bits, its four promises (1, 2, 3 and 3 bits:
 * 0 absent, 1 nothing accepted, else 2 + 2 * ballot + value) and its four votes (1 bit each: the
 * value is that of the ballot's proposal). Then a proposal of 2 bits for each ballot (0 none, else
 * 1 + value), and a bit for each ballot begun. Steps that change nothing are counted, not looked up.
 * Exact: whole states are in the table; parents are kept; agreement is checked after every new vote.
 * Successors of 64 states are made before they are looked up, so that cache misses overlap.
 *
 * Prints states, transitions, depth, and the seconds of processor time that the search took.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

typedef uint64_t u64;
typedef uint32_t u32;

enum { ACCEPTORS = 3, BALLOTS = 4, WIDTH = 13, BATCH = 64, MOST = 48 };
enum { VOTES = 9, PROPOSALS = 39, BEGUN = 47 };
static const int promise_at[BALLOTS] = {0, 1, 3, 6};
static const int promise_mask[BALLOTS] = {1, 3, 7, 7};
static const int pair[3][2] = {{0, 1}, {0, 2}, {1, 2}}; /* the quorums */

#define ROOM (1u << 23)
#define PLACES (1u << 24)

static u64 *states, *table;
static u32 *parents;

static void *pages(size_t bytes) {
    void *p = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) exit(2);
    madvise(p, bytes, MADV_HUGEPAGE);
    return p;
}

static inline u64 place_of(u64 s) {
    s *= 0xFF51AFD7ED558CCDull;
    s ^= s >> 32;
    s *= 0xC4CEB9FE1A85EC53ull;
    return s >> 40;
}

/* For the 13 bits of an acceptor: 1 + its last ballot of any message, 1 + that of its last vote. */
static unsigned char last_seen[1 << WIDTH], last_vote[1 << WIDTH];

static void prepare(void) {
    for (int w = 0; w < 1 << WIDTH; w++)
        for (int b = 0; b < BALLOTS; b++) {
            int vote = w >> (VOTES + b) & 1;
            if (vote) last_vote[w] = b + 1;
            if (vote || (w >> promise_at[b] & promise_mask[b])) last_seen[w] = b + 1;
        }
}

/* Writes the changed successors of s; *fired counts all steps that are enabled. */
static inline int successors(u64 s, u64 *out, u64 *fired) {
    int n = 0, steps = BALLOTS; /* phase 1a is always enabled */
    unsigned begun = s >> BEGUN & 15;
    for (int b = 0; b < BALLOTS; b++) {
        out[n] = s | 1ull << (BEGUN + b);
        n += !(begun >> b & 1);
    }
    unsigned local[ACCEPTORS];
    for (int a = 0; a < ACCEPTORS; a++) {
        unsigned w = local[a] = s >> (WIDTH * a) & ((1 << WIDTH) - 1);
        int seen = last_seen[w], voted = last_vote[w];
        unsigned payload = 1;
        if (voted) payload = 2 * voted + ((s >> (PROPOSALS + 2 * (voted - 1)) & 3) - 1);
        for (int b = seen; b < BALLOTS; b++) /* phase 1b */
            if (begun >> b & 1) {
                out[n++] = s | (u64)payload << (WIDTH * a + promise_at[b]);
                steps++;
            }
        for (int b = seen ? seen - 1 : 0; b < BALLOTS; b++) /* phase 2b */
            if (s >> (PROPOSALS + 2 * b) & 3) {
                out[n] = s | 1ull << (WIDTH * a + VOTES + b);
                n += !(w >> (VOTES + b) & 1);
                steps++;
            }
    }
    for (int b = 0; b < BALLOTS; b++) { /* phase 2a */
        if (s >> (PROPOSALS + 2 * b) & 3) continue;
        int p[ACCEPTORS], may[2] = {0, 0};
        for (int a = 0; a < ACCEPTORS; a++) p[a] = local[a] >> promise_at[b] & promise_mask[b];
        for (int q = 0; q < 3; q++) {
            int x = p[pair[q][0]], y = p[pair[q][1]];
            if (!x || !y) continue;
            int top = x > y ? x : y;
            if (top == 1) may[0]++, may[1]++;
            else may[top & 1]++;
        }
        for (int v = 0; v < 2; v++) {
            steps += may[v];
            if (may[v]) out[n++] = s | (u64)(1 + v) << (PROPOSALS + 2 * b);
        }
    }
    *fired += steps;
    return n;
}

/* Whether two values are chosen. */
static inline int disagreement(u64 s) {
    unsigned x = s >> VOTES & 15, y = s >> (WIDTH + VOTES) & 15, z = s >> (2 * WIDTH + VOTES) & 15;
    unsigned chosen = (x & y) | (x & z) | (y & z), values = 0;
    for (; chosen; chosen &= chosen - 1) values |= s >> (PROPOSALS + 2 * __builtin_ctz(chosen)) & 3;
    return values == 3;
}

int main(void) {
    states = pages(ROOM * sizeof *states);
    parents = pages(ROOM * sizeof *parents);
    table = pages(PLACES * sizeof *table);
    prepare();
    clock_t started = clock();
    static u64 out[BATCH * MOST], places[BATCH * MOST];
    static u32 source[BATCH * MOST];
    u32 head = 0, count = 1, level_end = 1;
    u64 fired = 0;
    int depth = 0;
    table[place_of(0)] = 1; /* entries are states plus 1: the initial state is 0 */
    while (head < count) {
        if (head == level_end) depth++, level_end = count;
        u32 last = head + BATCH < level_end ? head + BATCH : level_end;
        int made = 0;
        for (u32 k = head; k < last; k++) {
            int n = successors(states[k], out + made, &fired);
            for (int end = made + n; made < end; made++) {
                places[made] = place_of(out[made]);
                __builtin_prefetch(&table[places[made]], 1);
                source[made] = k;
            }
        }
        for (int j = 0; j < made; j++) {
            u64 key = out[j] + 1, place = places[j];
            while (table[place] && table[place] != key) place = (place + 1) & (PLACES - 1);
            if (table[place]) continue;
            if (count == ROOM) return 2;
            table[place] = key;
            states[count] = out[j];
            parents[count] = source[j];
            count++;
            if (disagreement(out[j])) return 1;
        }
        head = last;
    }
    printf("%u %llu %d %.4f\n", count, (unsigned long long)fired, depth,
           (double)(clock() - started) / CLOCKS_PER_SEC);
    return 0;
}

#!/usr/bin/env bash
# A baseline makes every figure its difference, on every screen.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/view.bash
. "$ROOT/tests/e2e/view.bash"

segment redis --classes 3

# since SIZE KEY...: what the screen that these keys open says since five snapshots ago
since() {
    local size=$1
    shift
    open_view "$size" ./redis
    press Left Left Left Left Left b End "$@"
}

since 120x16
shown 'classes' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60  RSS 159.0M of 512.0M +532.0K ▇▇▇░░░░░░░ 31.0%  books ✓
live 142.4M ▁▂▂▂▄▅▅▅▇███ +548.0K  cached 0  dirty -28.0K  fragm. 0%  retained +280.0K  agent 0.03% cpu  2 warnings: w
█████████████████████████████████████ main +4.00M ▒▒▒▒▒ bio_lazy_free -1.00M ▓▓▓▓▓ io_thd_* -2.46M ·· allocator -16.0K
Differences since the baseline 00:05 ago; b shows amounts again.
  CLASS          THR   LIVE▾        Δ    ALLOC    FREE    GIVEN    TAKEN    PEAK  CACHED   DIRTY     RES  60 s
▸ main             0  +4.00M   +4.00M   +65.0M  +31.0M   +40.0M   +10.0M  +4.00M       0  -8.00K  +4.12M    ▁▁▂▃▃▄▅▆▆▇██
  (unbound)        0       0        0        0       0        0        0       0       0  -4.00K  -4.00K    ▅▅▅▅▅▅▅▅▅▅▅▅
  bio_lazy_free    0  -1.00M   -1.00M   +20.0M  +51.0M   +10.0M   +40.0M       0       0  -8.00K  -1.04M    ▂█▇▁▂█▇▁▂█▇▁
  io_thd_*         0  -2.46M   -2.46M   +40.0M  +42.5M   +20.0M   +20.0M       0       0  -8.00K  -2.55M    ███▇▅▅▅▄▂▂▂▁






F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

since 60x15
shown 'classes, 60x15' <<'END'
redis-server 4711  up 01:00  ■ file  exact           books ✓
RSS 159.0M/512.0M +532.0K  live 142.4M +548.0K  cached 0
Since the baseline 00:05 ago; b ends it.
  CLASS           LIVE▾        Δ    ALLOC    FREE  60 s
▸ main           +4.00M   +4.00M   +65.0M  +31.0M  ▁▂▂▄▅▆▇██
  (unbound)           0        0        0       0  ▅▅▅▅▅▅▅▅▅
  bio_lazy_free  -1.00M   -1.00M   +20.0M  +51.0M  ▅█▃▆█▂▇█▁
  io_thd_*       -2.46M   -2.46M   +40.0M  +42.5M  ██▇▆▅▄▃▂▁






F1 help  / find  \ filter  < > sort  Enter open  q quit
END

since 120x40 Enter
shown 'a class opened: what was "a second" is since then' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60  RSS 159.0M of 512.0M +532.0K ▇▇▇░░░░░░░ 31.0%  books ✓
live 142.4M ▁▂▂▂▄▅▅▅▇███ +548.0K  cached 0  dirty -28.0K  fragm. 0%  retained +280.0K  agent 0.03% cpu  2 warnings: w
█████████████████████████████████████ main +4.00M ▒▒▒▒▒ bio_lazy_free -1.00M ▓▓▓▓▓ io_thd_* -2.46M ·· allocator -16.0K
Differences since the baseline 00:05 ago; b shows amounts again.
  main  live +4.00M  exact
 108.0M │                                                                                            ███████████████████
        │                                                                  █████████████████████████████████████████████
        │                                      █████████████████████████████████████████████████████████████████████████
  61.7M │         ██████████████████████████████████████████████████████████████████████████████████████████████████████
        │███████████████████████████████████████████████████████████████████████████████████████████████████████████████
        │███████████████████████████████████████████████████████████████████████████████████████████████████████████████
  15.4M │███████████████████████████████████████████████████████████████████████████████████████████████████████████████
        └─ 01:00 before ────────────────────────────────────────────────────────────────────────────────────────────────
  FIGURES
  THR                 0  Threads of the class that are alive
  LIVE           +4.00M  Usable bytes that the class's threads allocated and nobody has freed yet
  Δ              +4.00M  Change of live
  ALLOC          +65.0M  Bytes that the class's threads allocate
  FREE           +31.0M  Bytes that the class's threads free, whoever allocated them
  GIVEN          +40.0M  Bytes that this class allocated and another freed
  TAKEN          +10.0M  Bytes that this class freed and another allocated
  PEAK           +4.00M  Highest live over the last 60 snapshots, bursts between two snapshots included
  CACHED              0  Bytes freed but still held in thread caches; jemalloc goes on counting them as allocated
  DIRTY          -8.00K  Bytes in unused pages that jemalloc has not given back to the kernel yet
  RES            +4.12M  Bytes of the class's arenas that jemalloc reckons to be in physical memory
  REL            +61.0M  Bytes of the class's memory that anyone frees
  ΔRES           +4.12M  Change of resident
  NMALL          +1.06m  Allocations that the class's arenas serve
  NDALL         +999.4k  Allocations that the class's arenas take back
  ALLOC          +4.00M  Bytes allocated in the class's arenas, as jemalloc counts them, caches included
  ACTIVE         +4.13M  Bytes in pages of the class's arenas that hold at least one allocation
  MUZZY               0  Bytes in unused pages that the kernel may take when it needs them
  MAPPED         +4.13M  Bytes in active extents of the class's arenas
  RETAINED       +2.06M  Bytes of address space that the class's arenas keep for reuse; not physical memory
  META                0  Bytes that jemalloc uses for the books of the class's arenas
  ARENAS              0  Arenas that belong to the class
  THREADS+           +1  Threads that the class ever had
  PEAK           +4.00M  Highest live seen since the snapshot before
  ALLOC+         +65.0M  Bytes that the class's threads have allocated since the start; less free_bytes it is a balance
F1 help  z zoom  + - span  m flows  t threads  a arenas  e sizes  g graph  ←→ time  Space pause  b baseline  q quit
END

since 80x16 m
shown 'flows' <<'END'
redis-server 4711  ■ file  exact     RSS 159.0M of 512.0M +532.0K 31.0%  books ✓
live 142.4M ▁▂▂▂▄▅▅▅▇███ +548.0K  cached 0  dirty -28.0K  2 warnings: w
██████████████████████ main +4.00M ▒▒▒ bio_lazy_free -1.00M · allocator -16.0K
Differences since the baseline 00:05 ago; b shows amounts again.
  Bytes since the baseline
  owner ╲ freed by                   main         io_thd_*    bio_lazy_free
▸ main                              21.0M            20.0M            20.0M
  io_thd_*                              0            22.5M            20.0M
  bio_lazy_free                     10.0M                0            11.0M






F1 help  s since start  x blocks  < > scroll  Enter open  m flows  q quit
END

since 80x16 t
shown 'threads' <<'END'
redis-server 4711  ■ file  exact     RSS 159.0M of 512.0M +532.0K 31.0%  books ✓
live 142.4M ▁▂▂▂▄▅▅▅▇███ +548.0K  cached 0  dirty -28.0K  2 warnings: w
██████████████████████ main +4.00M ▒▒▒ bio_lazy_free -1.00M · allocator -16.0K
Differences since the baseline 00:05 ago; b shows amounts again.
  THREAD            TID  CLASS           ALLOC▾     FREE   ALLOC+    FREE+
▸ main             4712  main            +21.7M   +7.00M   +21.7M   +7.00M
  main             4713  main            +21.7M   +7.00M   +21.7M   +7.00M
  io_thd_1         4714  io_thd_*        +13.3M   +7.49M   +13.3M   +7.49M
  io_thd_2         4715  io_thd_*        +13.3M   +7.49M   +13.3M   +7.49M
  bio_lazy_free    4716  bio_lazy_free   +6.67M   +3.67M   +6.67M   +3.67M
  bio_lazy_free    4717  bio_lazy_free   +6.67M   +3.67M   +6.67M   +3.67M




F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  q quit
END

since 100x20 a
shown 'arenas' <<'END'
redis-server 4711  up 01:00  ■ file  exact    RSS 159.0M of 512.0M +532.0K ▇▇▇░░░░░░░ 31.0%  books ✓
live 142.4M ▁▂▂▂▄▅▅▅▇███ +548.0K  cached 0  dirty -28.0K  fragm. 0%  agent 0.03% cpu  2 warnings: w
███████████████████████████████████████ main +4.00M ▒▒▒▒▒ bio_lazy_free -1.00M ··· allocator -16.0K
Differences since the baseline 00:05 ago; b shows amounts again.
  CLASS          ARENA  THR  ALLOC▾        Δ  ACTIVE   DIRTY     RES  RETAINED    META  TCACHED
▸ main               2    0  +2.00M   +2.00M  +2.06M  -4.00K  +2.06M    +1.03M       0        0
  main               1    0  +2.00M   +2.00M  +2.06M  -4.00K  +2.06M    +1.03M       0        0
  (unbound)          0    0       0        0       0  -4.00K  -4.00K         0       0        0
  bio_lazy_free      6    0 -512.0K  -512.0K -528.0K  -4.00K -532.0K   -264.0K       0        0
  bio_lazy_free      5    0 -512.0K  -512.0K -528.0K  -4.00K -532.0K   -264.0K       0        0
  io_thd_*           4    0  -1.23M   -1.23M  -1.27M  -4.00K  -1.28M   -652.0K       0        0
  io_thd_*           3    0  -1.23M   -1.23M  -1.27M  -4.00K  -1.28M   -652.0K       0        0







F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  q quit
END

since 100x24 a Enter
shown 'an arena opened' <<'END'
redis-server 4711  up 01:00  ■ file  exact    RSS 159.0M of 512.0M +532.0K ▇▇▇░░░░░░░ 31.0%  books ✓
live 142.4M ▁▂▂▂▄▅▅▅▇███ +548.0K  cached 0  dirty -28.0K  fragm. 0%  agent 0.03% cpu  2 warnings: w
███████████████████████████████████████ main +4.00M ▒▒▒▒▒ bio_lazy_free -1.00M ··· allocator -16.0K
Differences since the baseline 00:05 ago; b shows amounts again.
  arena 2 of main
  FIGURES
  THR                 0  Threads that are bound to the arena
  ALLOC          +2.00M  Bytes allocated in the arena, small and large, thread caches included
  Δ              +2.00M  Change of allocated
  ACTIVE         +2.06M  Bytes in pages of the arena that hold at least one allocation
  DIRTY          -4.00K  Bytes in unused pages that jemalloc has not given back to the kernel yet
  MUZZY               0  Bytes in unused pages that the kernel may take when it needs them
  RES            +2.06M  Bytes of the arena that jemalloc reckons to be in physical memory
  RETAINED       +1.03M  Bytes of address space that the arena keeps for reuse; not physical memory
  META                0  Bytes that jemalloc uses for the arena's books
  TCACHED             0  Bytes in thread caches that are associated with the arena
  MAPPED         +2.06M  Bytes in active extents of the arena
  NMALLOC       +532.5k  Allocations that the arena has served
  NDALLOC       +499.7k  Allocations that the arena has taken back
  INTERNAL            0  Bytes that jemalloc allocated in the arena for itself
  NMALL         +532.5k  Allocations that the arena serves
  NDALL         +499.7k  Allocations that the arena takes back

F1 help  m flows  t threads  a arenas  e sizes  g graph  ←→ time  Space pause  b baseline  q quit
END

since 100x16 g
shown 'graph' <<'END'
redis-server 4711  up 01:00  ■ file  exact    RSS 159.0M of 512.0M +532.0K ▇▇▇░░░░░░░ 31.0%  books ✓
live 142.4M ▁▂▂▂▄▅▅▅▇███ +548.0K  cached 0  dirty -28.0K  fragm. 0%  agent 0.03% cpu  2 warnings: w
███████████████████████████████████████ main +4.00M ▒▒▒▒▒ bio_lazy_free -1.00M ··· allocator -16.0K
Differences since the baseline 00:05 ago; b shows amounts again.
  ██ main             +4.00M  ▒▒ bio_lazy_free    -1.00M  ▓▓ io_thd_*         -2.46M
  ▞▞ (unbound)             0
 142.4M │                                                                  ▞▞▞▞▞▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓
        │                               ▞▞▞▞▞▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
        │▞▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒███████████████████
  89.0M │▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒██████████████████████████████████████████████
        │▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█████████████████████████████████████████████████████████████████████████
        │███████████████████████████████████████████████████████████████████████████████████████████
  35.6M │███████████████████████████████████████████████████████████████████████████████████████████
        │███████████████████████████████████████████████████████████████████████████████████████████
        └─ 01:00 before ────────────────────────────────────────────────────────────────────────────
F1 help  z zoom  + - span  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

since 100x24 w
shown 'the agent and what it cost' <<'END'
redis-server 4711  up 01:00  ■ file  exact    RSS 159.0M of 512.0M +532.0K ▇▇▇░░░░░░░ 31.0%  books ✓
live 142.4M ▁▂▂▂▄▅▅▅▇███ +548.0K  cached 0  dirty -28.0K  fragm. 0%  agent 0.03% cpu  2 warnings: w
███████████████████████████████████████ main +4.00M ▒▒▒▒▒ bio_lazy_free -1.00M ··· allocator -16.0K
Differences since the baseline 00:05 ago; b shows amounts again.
  WARNINGS
  synthetic warning 1 of 2
  synthetic warning 2 of 2

  MODE
  the process          exact

  COST
  INTERVAL            0  Time between full snapshots, as stretched by the agent
  PEAKEVERY           0  Time between lock-free looks, as stretched by the agent; 0 when they are
                         off
  SAMPLE              0  Time that the newest full snapshot took
  LOOK                0  Time that the newest lock-free look took
  CPU           +1.50ms  CPU time that the agent's own thread has used
  SAMPLES            +5  Full snapshots taken, published or not
  LEFTOUT             0  Threads that this snapshot has no row for, to keep it small
  UNSEEN              0  Threads of the process that no hook of the agent has met

  WHO
F1 help  m flows  t threads  a arenas  g graph  ←→ time  Space pause  b baseline  q quit
END

# It holds at moments before it as well, and goes with the key that set it.
open_view 100x16 ./redis
shows_after "a moment before the baseline" '^. main .* -3\.20M' b Left Left Left Left
shows_after "the units hold" '^. main .* -3,355,444 ' u
shows_after "and amounts again" '^. main +[0-9]{3},[0-9]{3},[0-9]{3} ' b
done_testing

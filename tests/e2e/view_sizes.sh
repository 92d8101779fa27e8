#!/usr/bin/env bash
# Size classes: of all classes, of one class, of one arena; at any moment of the past, though few snapshots have them.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/view.bash
. "$ROOT/tests/e2e/view.bash"

segment redis

open_view 120x30 ./redis
press e
shown 'size classes of all classes' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60          RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 3.0%  agent 0.03% cpu  2 warnings: w
██████████████████████████████ main 140.0M ▒▒▒▒▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓▓▓▓▓ io_thd_* 46.4M ··· allocator 15.0M
  size classes
  CLASS          KIND         SIZE  BYTES▾  BLOCKS    HELD  UNUSED  NMALLOC  NDALLOC
▸ main           large       65536   70.0M    1120   70.0M       0    19.8m    19.8m
  main           bin            64   35.0M  573.6k   39.4M   4.38M    20.3m    19.8m
  main           bin          4096   35.0M    8962   35.0M       0    19.8m    19.8m
  bio_lazy_free  large       65536   24.0M     384   24.0M       0    11.9m    11.9m
  io_thd_*       large       65536   23.1M     370   23.1M       0    16.1m    16.1m
  class-4        large       65536   16.0M     256   16.0M       0    7.96m    7.96m
  bio_lazy_free  bin            64   12.0M  196.9k   13.5M   1.51M    12.1m    11.9m
  bio_lazy_free  bin          4096   12.0M    3076   12.0M       0    11.9m    11.9m
  io_thd_*       bin            64   11.6M  190.3k   13.1M   1.45M    16.3m    16.1m
  io_thd_*       bin          4096   11.6M    2974   11.6M       0    16.1m    16.1m
  class-4        bin            64   8.02M  131.4k   9.02M   1.00M    8.09m    7.96m
  class-4        bin          4096   8.02M    2052   8.02M       0    7.96m    7.96m
  class-5        large       65536   8.00M     128   8.00M       0    4.03m    4.03m
  class-5        bin            64   4.02M   65.9k   4.53M  520.0K    4.10m    4.03m
  class-5        bin          4096   4.02M    1030   4.02M       0    4.03m    4.03m
  (unbound)      large       65536   2.50M      40   2.50M       0       40        0
  (unbound)      bin            64   1.25M   20.5k   1.41M  164.0K    20.5k        0
  (unbound)      bin          4096   1.25M     321   1.25M       0      321        0






F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

open_view 80x24 ./redis
press Enter e
shown 'of an opened class' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
████████████████████ main 140.0M ▒▒▒▒▒▒▒ bio_lazy_free 48.0M ·· allocator 15.0M
  size classes of main
  CLASS       KIND         SIZE  BYTES▾  BLOCKS    HELD  UNUSED  NMALLOC
▸ main        large       65536   70.0M    1120   70.0M       0    19.8m
  main        bin            64   35.0M  573.6k   39.4M   4.38M    20.3m
  main        bin          4096   35.0M    8962   35.0M       0    19.8m















F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  q quit
END

press Left
shown 'a moment that has none: those that were read last' <<'END'
redis-server 4711  ■ file  ◀ 00:01 ago  14:14:19  exact     RSS 309.9M of 512.0M
live 286.7M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 432.0K  dirty 2.65M  2 warnings: w
████████████████████ main 139.2M ▒▒▒▒▒▒▒ bio_lazy_free 48.2M ·· allocator 15.2M
  size classes of main, read 00:09 earlier
  CLASS       KIND         SIZE  BYTES▾  BLOCKS    HELD  UNUSED  NMALLOC
▸ main        large       65536   66.0M    1056   66.0M       0    16.5m
  main        bin            64   33.0M  540.8k   37.1M   4.13M    17.0m
  main        bin          4096   33.0M    8448   33.0M       0    16.5m















F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  q quit
END

press b Right
shown 'with a baseline' <<'END'
redis-server 4711  ■ file  14:14:20  exact    RSS 309.4M of 512.0M -488.0K 60.4%
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K  cached -96.0K  dirty -88.0K  2 warnings: w
███████████████████████████████████████████ main +819.2K ···· allocator -188.0K
Differences since the baseline 00:01 ago; b shows amounts again.
  size classes of main
  CLASS       KIND         SIZE  BYTES▾  BLOCKS    HELD  UNUSED  NMALLOC
▸ main        large       65536  +4.00M     +64  +4.00M       0   +3.31m
  main        bin          4096  +2.01M    +514  +2.01M       0   +3.31m
  main        bin            64  +2.00M  +32.8k  +2.25M +255.9K   +3.34m














F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  q quit
END

open_view 120x40 ./redis
press a Enter
shown 'an arena opened: its figures, bins and large classes' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60          RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 3.0%  agent 0.03% cpu  2 warnings: w
██████████████████████████████ main 140.0M ▒▒▒▒▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓▓▓▓▓ io_thd_* 46.4M ··· allocator 15.0M
  arena 1 of main
  FIGURES
  THR                 1  Threads that are bound to the arena
  ALLOC           70.0M  Bytes allocated in the arena, small and large, thread caches included
  Δ/s           +401.6K  Change of allocated a second
  ACTIVE          72.2M  Bytes in pages of the arena that hold at least one allocation
  DIRTY          128.0K  Bytes in unused pages that jemalloc has not given back to the kernel yet
  MUZZY           4.00K  Bytes in unused pages that the kernel may take when it needs them
  RES             72.4M  Bytes of the arena that jemalloc reckons to be in physical memory
  RETAINED        36.6M  Bytes of address space that the arena keeps for reuse; not physical memory
  META           100.0K  Bytes that jemalloc uses for the arena's books
  TCACHED         16.0K  Bytes in thread caches that are associated with the arena
  MAPPED          73.2M  Bytes in active extents of the arena
  NMALLOC         11.0m  Allocations that the arena has served
  NDALLOC         9.88m  Allocations that the arena has taken back
  INTERNAL            0  Bytes that jemalloc allocated in the arena for itself
  NMALL/s        172.0k  Allocations a second that the arena serves
  NDALL/s        165.5k  Allocations a second that the arena takes back

  BINS (2)
  CLASS       KIND         SIZE  BYTES▾  BLOCKS    HELD  UNUSED  NMALLOC  NDALLOC
  main        bin            64   17.5M  286.8k   19.7M   2.19M    10.2m    9.88m
  main        bin          4096   17.5M    4481   17.5M       0    9.88m    9.88m

  LARGE (1)
  CLASS       KIND         SIZE  BYTES▾  BLOCKS    HELD  UNUSED  NMALLOC  NDALLOC
  main        large       65536   35.0M     560   35.0M       0    9.88m    9.88m









F1 help  m flows  t threads  a arenas  e sizes  g graph  ←→ time  Space pause  b baseline  q quit
END

open_view 40x10 ./redis
press a Enter e
shown 'of an arena, 40x10' <<'END'
redis-server 4711  ■ file  exact
RSS 309.4M/512.0M  live 286.4M -300.0K/s
  size classes of arena 1
  CLASS             SIZE  BYTES▾  BLOCKS
▸ main             65536   35.0M     560
  main                64   17.5M  286.8k
  main              4096   17.5M    4481


F1 help  / find  \ filter  q quit
END

# ---- keys ----

open_view 100x24 ./redis
shows_after "e shows them" '^  size classes$' e
check "the largest first" wait_screen '^▸ main +large +65536 +70\.0M'
shows_after "> orders by the next column" 'BLOCKS▾' '>'
shows_after "I inverts" '^▸ \(unbound\) +large +65536' I
shows_after "/ finds a class" '^▸ class-4 ' / s s - 4 Enter
press Escape
hides_after "\\ filters by kind, too" ' bin ' '\' l a r g e Enter
hides_after "b shows differences" 'main +large +65536 +70\.0M' b
shows_after "and amounts again" 'main +large +65536 +70\.0M' b Escape
shows_after "e goes back" 'TAKEN/s' e

open_view 100x24 ./redis
shows_after "u: the unit holds here, too" 'main +large +65536 +73,400,320 ' u e
shows_after "Enter opens the class" '^  main  live' Enter
shows_after "e, its own" '^  size classes of main$' c Enter e
check "and no other's" hidden '^. class-4 '
shows_after "Escape goes back" '^  main  live' Escape
shows_after "c, then e: all again" '^. class-4 +large' c e

# Before the first that has them there is nothing to show.
open_view 80x24 ./redis
shows_after "the oldest have none" 'No size classes in this snapshot, nor shortly before it' e Home
shows_after "an arena says so, too" 'No size classes in this snapshot' a Enter C-d
shows_after "nine later they are there" '^  LARGE \(1\)' Right Right Right Right Right Right Right Right Right C-d

# A recording and a live process have them as well.
start sizer "$SYNTH" --comm sizer --at-most 300
wait_for sizer grep -q ready sizer.out
check "it is recorded" "$ARENATOP" record "$pid" -n 3 -o rec
open_view 80x24 ./rec
shows_after "of a recording" '^. main +large +65536 ' e
open_view 80x24 "$pid"
shows_after "of a live process" '^. main +large +65536 ' e
check "which get older" wait_screen '^  size classes, read 00:0[1-9] earlier'
stop "$pid"

done_testing

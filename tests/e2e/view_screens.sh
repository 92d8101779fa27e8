#!/usr/bin/env bash
# Screens, as they are: keys in, every cell of the terminal compared with what stands here.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/view.bash
. "$ROOT/tests/e2e/view.bash"

segment redis
segment flow --mode flow --reason 3 --classes 3
segment weird --names weird --classes 10
segment mixed --flow-class 2 --unexplained 5000000

open_view 120x40 ./redis
shown 'classes, 120x40' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60          RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 3.0%  agent 0.03% cpu  2 warnings: w
██████████████████████████████ main 140.0M ▒▒▒▒▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓▓▓▓▓ io_thd_* 46.4M ··· allocator 15.0M
  CLASS          THR   LIVE▾      Δ/s  ALLOC/s  FREE/s  GIVEN/s  TAKEN/s    PEAK  CACHED   DIRTY     RES  60 s
▸ main             2  140.0M  +819.2K    21.0M   10.2M    10.0M        0  140.0M   32.0K  256.0K  144.9M    ▁▁▂▃▃▄▅▆▆▇██
  bio_lazy_free    2   48.0M  -204.8K    12.0M   14.2M    6.00M    8.00M   50.0M   64.0K  512.0K   50.3M    ▃▆▆▃▃▆▆▃▃▆▆▃
  io_thd_*         2   46.4M  -504.8K    16.0M   18.5M    8.00M    10.0M   64.0M   48.0K  384.0K   48.5M    ███▇▅▅▅▄▂▂▂▁
  class-4          2   32.0M  -204.8K    8.00M   10.2M    4.00M    6.00M   34.0M   80.0K  640.0K   33.9M    ▃▇▆▂▃▇▆▂▃▇▆▂
  class-5          2   16.0M  -204.8K    4.00M   8.20M        0    4.00M   18.0M   96.0K  768.0K   17.5M    ▂█▇▁▂█▇▁▂█▇▁
  (unbound)        0   4.00M        0        0       0        0        0   4.00M   16.0K   64.0K   6.34M    ▅▅▅▅▅▅▅▅▅▅▅▅





























F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

open_view 80x24 ./redis
shown 'classes, 80x24' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
████████████████████ main 140.0M ▒▒▒▒▒▒▒ bio_lazy_free 48.0M ·· allocator 15.0M
  CLASS           LIVE▾      Δ/s  ALLOC/s  FREE/s    PEAK     RES  60 s
▸ main           140.0M  +819.2K    21.0M   10.2M  140.0M  144.9M   ▁▁▂▃▃▄▅▆▆▇██
  bio_lazy_free   48.0M  -204.8K    12.0M   14.2M   50.0M   50.3M   ▃▆▆▃▃▆▆▃▃▆▆▃
  io_thd_*        46.4M  -504.8K    16.0M   18.5M   64.0M   48.5M   ███▇▅▅▅▄▂▂▂▁
  class-4         32.0M  -204.8K    8.00M   10.2M   34.0M   33.9M   ▃▇▆▂▃▇▆▂▃▇▆▂
  class-5         16.0M  -204.8K    4.00M   8.20M   18.0M   17.5M   ▂█▇▁▂█▇▁▂█▇▁
  (unbound)       4.00M        0        0       0   4.00M   6.34M   ▅▅▅▅▅▅▅▅▅▅▅▅













F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  q quit
END

open_view 40x10 ./redis
shown 'classes, 40x10, the smallest there is' <<'END'
redis-server 4711  ■ file  exact
RSS 309.4M/512.0M  live 286.4M -300.0K/s
  CLASS         LIVE▾      Δ/s  60 s
▸ main         140.0M  +819.2K  ▁▂▃▄▅▇██
  bio_lazy_f…   48.0M  -204.8K  ▅▆▃▆▅▅▆▃
  io_thd_*      46.4M  -504.8K  ██▆▅▄▃▂▁
  class-4       32.0M  -204.8K  ▆▇▃▇▅▆▇▂
  class-5       16.0M  -204.8K  ▆█▂█▅▆█▁
  (unbound)     4.00M        0  ▅▅▅▅▅▅▅▅
F1 help  / find  \ filter  q quit
END

LOCALE=C TERM_INSIDE=vt100 open_view 80x24 ./redis
shown 'classes, ASCII, VT100' <<'END'
redis-server 4711  up 01:00  # file  exact  RSS 309.4M of 512.0M 60.4%  books ok
live 286.4M _...-===*### -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
#################### main 140.0M +++++++ bio_lazy_free 48.0M -- allocator 15.0M
  CLASS           LIVEv   GROW/s  ALLOC/s  FREE/s    PEAK     RES  60 s
> main           140.0M  +819.2K    21.0M   10.2M  140.0M  144.9M   __.::-=++*##
  bio_lazy_free   48.0M  -204.8K    12.0M   14.2M   50.0M   50.3M   :++::++::++:
  io_thd_*        46.4M  -504.8K    16.0M   18.5M   64.0M   48.5M   ###*===-..._
  class-4         32.0M  -204.8K    8.00M   10.2M   34.0M   33.9M   :*+.:*+.:*+.
  class-5         16.0M  -204.8K    4.00M   8.20M   18.0M   17.5M   .#*_.#*_.#*_
  (unbound)       4.00M        0        0       0   4.00M   6.34M   ============













F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  q quit
END

LOCALE=C TERM_INSIDE=xterm open_view 40x10 ./redis
shown 'classes, ASCII, 40x10' <<'END'
redis-server 4711  # file  exact
RSS 309.4M/512.0M  live 286.4M -300.0K/s
  CLASS         LIVEv   GROW/s  60 s
> main         140.0M  +819.2K  _.:-=*##
  bio_lazy_f~   48.0M  -204.8K  =+:+==+:
  io_thd_*      46.4M  -504.8K  ##+=-:._
  class-4       32.0M  -204.8K  +*:*=+*.
  class-5       16.0M  -204.8K  +#.#=+#_
  (unbound)     4.00M        0  ========
F1 help  / find  \ filter  q quit
END

TERM_INSIDE=linux open_view 80x24 ./redis
shown 'classes, the console of Linux' <<'END'
redis-server 4711  up 01:00  # file  exact  RSS 309.4M of 512.0M 60.4%  books ok
live 286.4M _...-===*### -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
#################### main 140.0M +++++++ bio_lazy_free 48.0M -- allocator 15.0M
  CLASS           LIVEv   GROW/s  ALLOC/s  FREE/s    PEAK     RES  60 s
> main           140.0M  +819.2K    21.0M   10.2M  140.0M  144.9M   __.::-=++*##
  bio_lazy_free   48.0M  -204.8K    12.0M   14.2M   50.0M   50.3M   :++::++::++:
  io_thd_*        46.4M  -504.8K    16.0M   18.5M   64.0M   48.5M   ###*===-..._
  class-4         32.0M  -204.8K    8.00M   10.2M   34.0M   33.9M   :*+.:*+.:*+.
  class-5         16.0M  -204.8K    4.00M   8.20M   18.0M   17.5M   .#*_.#*_.#*_
  (unbound)       4.00M        0        0       0   4.00M   6.34M   ============













F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  q quit
END

open_view 120x20 ./flow
shown 'flow mode says that it estimates, and why' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  flow  1.00s  #60          RSS 159.0M of 512.0M ▇▇▇░░░░░░░ 31.0%  estimate
live ~142.4M ▁▂▂▂▄▅▅▅▇███ +109.6K/s  cached 160.0K  dirty 1.19M  fragm. 3.0%  agent 0.03% cpu  2 warnings: w
███████████████████████████████████████ main 108.0M ▒▒▒▒▒ bio_lazy_free 16.0M ▓▓▓▓▓ io_thd_* 14.4M ··· allocator 8.53M
Flow mode, live is an estimate: another allocator stands before the agent in the search order.
  CLASS          THR   LIVE▾      Δ/s  ALLOC/s  FREE/s  GIVEN/s  TAKEN/s    PEAK  CACHED   DIRTY     RES  60 s
▸ main             2  108.0M  +819.2K    13.0M   6.20M        -        -  108.0M   32.0K  256.0K  111.9M    ▁▁▂▃▃▄▅▆▆▇██
  bio_lazy_free    2   16.0M  -204.8K    4.00M   10.2M        -        -   18.0M   64.0K  512.0K   17.3M    ▂█▇▁▂█▇▁▂█▇▁
  io_thd_*         2   14.4M  -504.8K    8.00M   8.49M        -        -   32.0M   48.0K  384.0K   15.5M    ███▇▅▅▅▄▂▂▂▁
  (unbound)        0   4.00M        0        0       0        -        -   4.00M   16.0K   64.0K   6.34M    ▅▅▅▅▅▅▅▅▅▅▅▅










F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

open_view 120x20 ./weird
shown 'names from outside are shown, never sent' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60           RSS 976.8M of 512.0M ▇▇▇▇▇▇▇▇▇▇ 191%  books ✓
live 926.4M ▂▃▃▂▄▅▅▄▆▇▇▆ -1.29M/s  cached 1.03M  dirty 8.19M  fragm. 3.0%  agent 0.03% cpu  2 warnings: w
██████████████████ \x1b[31mred\x1b… 220.0M ▒▒▒▒▒▒▒▒▒▒ é̂äo̊ 128.0M ▓▓▓▓▓▓▓▓▓▓ 日本語スレッド 126.4M ··· allocator 42.3M
  CLASS                THR   LIVE▾      Δ/s  ALLOC/s  FREE/s  GIVEN/s  TAKEN/s    PEAK  CACHED   DIRTY     RES  60 s
▸ \x1b[31mred\x1b[0m…    2  220.0M  +819.2K    41.0M   20.2M    20.0M        0  220.0M   32.0K  256.0K  227.4M  ▁▂▃▄▅▇██
  é̂äo̊                    2  128.0M  -204.8K    32.0M   34.2M    16.0M    18.0M  130.0M   64.0K  512.0K  132.8M  ▅▅▄▅▅▅▅▄
  日本語スレッド         2  126.4M  -504.8K    36.0M   38.5M    18.0M    20.0M  144.0M   48.0K  384.0K  131.0M  ██▆▅▄▃▂▁
  tab\there\nline\x0…    2  112.0M  -204.8K    28.0M   30.2M    14.0M    16.0M  114.0M   80.0K  640.0K  116.4M  ▅▅▄▅▅▅▅▄
  \xff\xfe\xc3(\xe2\…    2   96.0M  -204.8K    24.0M   38.2M        0    14.0M   98.0M   96.0K  768.0K  100.0M  ▅▅▄▅▅▅▅▄
  \u{202e}\u{200b}tf…    2   80.0M  -204.8K    20.0M   20.2M        0        0   82.0M  112.0K  896.0K   83.7M  ▅▆▄▆▅▅▆▃
  quote"back\slash{c…    2   64.0M  -204.8K    16.0M   16.2M        0        0   66.0M  128.0K   1.00M   67.3M  ▅▆▄▆▅▅▆▃
  comma,semi;'=1+1       2   48.0M  -204.8K    12.0M   12.2M        0        0   50.0M  144.0K   1.13M   51.0M  ▅▆▃▆▅▅▆▃
  👩\u{200d}💻🇩🇪         2   32.0M  -204.8K    8.00M   8.20M        0        0   34.0M  160.0K   1.25M   34.6M  ▆▇▃▇▅▆▇▂
  ""                     2   16.0M  -204.8K    4.00M   4.20M        0        0   18.0M  176.0K   1.38M   18.3M  ▆█▂█▅▆█▁
  (unbound)              0   4.00M        0        0       0        0        0   4.00M   16.0K   64.0K   6.34M  ▅▅▅▅▅▅▅▅




F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

LOCALE=C TERM_INSIDE=xterm open_view 120x20 ./weird
shown 'names from outside in ASCII' <<'END'
arenatop  redis-server 4711  up 01:00  # file  exact  1.00s  #60          RSS 976.8M of 512.0M ########## 191%  books ok
live 926.4M .::.-==-+**+ -1.29M/s  cached 1.03M  dirty 8.19M  fragm. 3.0%  agent 0.03% cpu  2 warnings: w
############################## \x1b[31mred\x1b~ 220.0M +++++++++++++++++ e\u{301}\u{302}~ 128.0M ----- allocator 42.3M
  CLASS                THR   LIVEv   GROW/s  ALLOC/s  FREE/s  GIVEN/s  TAKEN/s    PEAK  CACHED   DIRTY     RES  60 s
> \x1b[31mred\x1b[0m~    2  220.0M  +819.2K    41.0M   20.2M    20.0M        0  220.0M   32.0K  256.0K  227.4M  _.:-=*##
  e\u{301}\u{302}\u{~    2  128.0M  -204.8K    32.0M   34.2M    16.0M    18.0M  130.0M   64.0K  512.0K  132.8M  ==-====-
  \u{65e5}\u{672c}\u~    2  126.4M  -504.8K    36.0M   38.5M    18.0M    20.0M  144.0M   48.0K  384.0K  131.0M  ##+=-:._
  tab\there\nline\x0~    2  112.0M  -204.8K    28.0M   30.2M    14.0M    16.0M  114.0M   80.0K  640.0K  116.4M  ==-====-
  \xff\xfe\xc3(\xe2\~    2   96.0M  -204.8K    24.0M   38.2M        0    14.0M   98.0M   96.0K  768.0K  100.0M  ==-====-
  \u{202e}\u{200b}tf~    2   80.0M  -204.8K    20.0M   20.2M        0        0   82.0M  112.0K  896.0K   83.7M  =+-+==+:
  quote"back\slash{c~    2   64.0M  -204.8K    16.0M   16.2M        0        0   66.0M  128.0K   1.00M   67.3M  =+-+==+:
  comma,semi;'=1+1       2   48.0M  -204.8K    12.0M   12.2M        0        0   50.0M  144.0K   1.13M   51.0M  =+:+==+:
  \u{1f469}\u{200d}\~    2   32.0M  -204.8K    8.00M   8.20M        0        0   34.0M  160.0K   1.25M   34.6M  +*:*=+*.
  ""                     2   16.0M  -204.8K    4.00M   4.20M        0        0   18.0M  176.0K   1.38M   18.3M  +#.#=+#_
  (unbound)              0   4.00M        0        0       0        0        0   4.00M   16.0K   64.0K   6.34M  ========




F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  Left time  Space pause  q quit
END

open_view 100x20 ./mixed
shown 'a class that is not exact, books that do not close' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books off +4.77M
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 1.4%  2 warnings: w
███████████████████ main 140.0M ▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓ io_thd_* 46.4M ·· allocator 15.0M
  CLASS           LIVE▾      Δ/s  ALLOC/s  FREE/s  GIVEN/s  TAKEN/s    PEAK  CACHED     RES  60 s
▸ main           140.0M  +819.2K    21.0M   10.2M    10.0M        0  140.0M   32.0K  144.9M  ▁▂▃▅▆██
  bio_lazy_free   48.0M  -204.8K    12.0M   14.2M    6.00M    8.00M   50.0M   64.0K   50.3M  ▅▆▄▆▃▆▃
 ~io_thd_*        46.4M  -504.8K    16.0M   18.5M    8.00M    10.0M   64.0M   48.0K   48.5M  ██▆▅▃▂▁
  class-4         32.0M  -204.8K    8.00M   10.2M    4.00M    6.00M   34.0M   80.0K   33.9M  ▆▆▄▆▃▆▃
  class-5         16.0M  -204.8K    4.00M   8.20M        0    4.00M   18.0M   96.0K   17.5M  ▇█▄█▁█▁
  (unbound)       4.00M        0        0       0        0        0   4.00M   16.0K   6.34M  ▅▅▅▅▅▅▅









F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  q quit
END

open_view 120x20 ./redis
press m
shown 'flows' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60          RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 3.0%  agent 0.03% cpu  2 warnings: w
██████████████████████████████ main 140.0M ▒▒▒▒▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓▓▓▓▓ io_thd_* 46.4M ··· allocator 15.0M
  Bytes a second: owned by the class at the left, freed by the one above
  owner ╲ freed by                   main         io_thd_*    bio_lazy_free          class-4          class-5
▸ main                              10.2M            10.0M                0                0                0
  io_thd_*                              0            8.49M            8.00M                0                0
  bio_lazy_free                         0                0            6.20M            6.00M                0
  class-4                               0                0                0            4.20M            4.00M
  class-5                               0                0                0                0            4.20M









F1 help  s since start  x blocks  < > scroll  Enter open  m flows  t threads  a arenas  g graph  ←→ time  q quit
END

open_view 80x16 ./redis
press m s x
shown 'flows since the start, in blocks' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
████████████████████ main 140.0M ▒▒▒▒▒▒▒ bio_lazy_free 48.0M ·· allocator 15.0M
  Blocks since the start: owned by the class at the left, freed by the one above
  owner ╲ freed by             main   io_thd_* bio_lazy_…    class-4    class-5
▸ main                        9.93m      9.83m          0          0          0
  io_thd_*                        0      8.25m      7.86m          0          0
  bio_lazy_free                   0          0      6.00m      5.90m          0
  class-4                         0          0          0      4.03m      3.93m
  class-5                         0          0          0          0      4.03m





F1 help  s a second  x bytes  < > scroll  Enter open  m flows  t threads  q quit
END

open_view 40x10 ./redis
press m
shown 'flows in 40x10' <<'END'
redis-server 4711  ■ file  exact
RSS 309.4M/512.0M  live 286.4M -300.0K/s
  Bytes a second
  owner ╲ freed…      main  io_thd_*
▸ main               10.2M     10.0M
  io_thd_*               0     8.49M
  bio_lazy_free          0         0
  class-4                0         0
  class-5                0         0
F1 help  s since start  x blocks  q quit
END

open_view 120x40 ./redis
press Enter
shown 'a class opened, 120x40' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60          RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 3.0%  agent 0.03% cpu  2 warnings: w
██████████████████████████████ main 140.0M ▒▒▒▒▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓▓▓▓▓ io_thd_* 46.4M ··· allocator 15.0M
  main  live 140.0M  exact
 140.0M │                                                                                        ███████████████████████
        │                                                   ████████████████████████████████████████████████████████████
        │              █████████████████████████████████████████████████████████████████████████████████████████████████
  80.0M │███████████████████████████████████████████████████████████████████████████████████████████████████████████████
        │███████████████████████████████████████████████████████████████████████████████████████████████████████████████
        │███████████████████████████████████████████████████████████████████████████████████████████████████████████████
  20.0M │███████████████████████████████████████████████████████████████████████████████████████████████████████████████
        └─ 01:00 before ────────────────────────────────────────────────────────────────────────────────────────────────
  FIGURES
  THR                 2  Threads of the class that are alive
  LIVE           140.0M  Usable bytes that the class's threads allocated and nobody has freed yet
  Δ/s           +819.2K  Change of live a second
  ALLOC/s         21.0M  Bytes that the class's threads allocate a second
  FREE/s          10.2M  Bytes that the class's threads free a second, whoever allocated them
  GIVEN/s         10.0M  Bytes a second that this class allocated and another freed
  TAKEN/s             0  Bytes a second that this class freed and another allocated
  PEAK           140.0M  Highest live over the last 60 snapshots, bursts between two snapshots included
  CACHED          32.0K  Bytes freed but still held in thread caches; jemalloc goes on counting them as allocated
  DIRTY          256.0K  Bytes in unused pages that jemalloc has not given back to the kernel yet
  RES            144.9M  Bytes of the class's arenas that jemalloc reckons to be in physical memory
  REL/s           20.2M  Bytes of the class's memory that anyone frees a second
  ΔRES/s        +816.0K  Change of resident a second
  NMALL/s        344.1k  Allocations a second that the class's arenas serve
  NDALL/s        331.0k  Allocations a second that the class's arenas take back
  ALLOC          140.0M  Bytes allocated in the class's arenas, as jemalloc counts them, caches included
  ACTIVE         144.4M  Bytes in pages of the class's arenas that hold at least one allocation
  MUZZY           8.00K  Bytes in unused pages that the kernel may take when it needs them
  MAPPED         146.4M  Bytes in active extents of the class's arenas
  RETAINED        73.2M  Bytes of address space that the class's arenas keep for reuse; not physical memory
  META           200.0K  Bytes that jemalloc uses for the books of the class's arenas
  ARENAS              2  Arenas that belong to the class
  THREADS+            8  Threads that the class ever had
  PEAK           140.0M  Highest live seen since the snapshot before
  ALLOC+          1.31G  Bytes that the class's threads have allocated since the start; less free_bytes it is a balance
                         of trade, not what the class holds
F1 help  z zoom  + - span  m flows  t threads  a arenas  e sizes  g graph  ←→ time  Space pause  b baseline  q quit
END

open_view 40x10 ./redis
press Enter
shown 'a class opened, 40x10' <<'END'
redis-server 4711  ■ file  exact
RSS 309.4M/512.0M  live 286.4M -300.0K/s
  main  live 140.0M  exact
  FIGURES
  THR                 2
  LIVE           140.0M
  Δ/s           +819.2K
  ALLOC/s         21.0M
  FREE/s          10.2M
F1 help  z zoom  + - span  q quit
END

open_view 80x24 ./redis
press t
shown 'threads' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
████████████████████ main 140.0M ▒▒▒▒▒▒▒ bio_lazy_free 48.0M ·· allocator 15.0M
  THREAD            TID  CLASS         ALLOC/s▾   FREE/s   ALLOC+    FREE+
▸ main             4712  main             7.00M    3.40M   448.7M   202.0M
  main             4713  main             7.00M    3.40M   448.7M   202.0M
  io_thd_1         4714  io_thd_*         5.33M    2.83M   343.3M   167.9M
  io_thd_2         4715  io_thd_*         5.33M    2.83M   343.3M   167.9M
  bio_lazy_free    4716  bio_lazy_free    4.00M    2.07M   258.0M   122.0M
  bio_lazy_free    4717  bio_lazy_free    4.00M    2.07M   258.0M   122.0M
  class-4          4718  class-4          2.67M    1.40M   172.7M    82.0M
  class-4          4719  class-4          2.67M    1.40M   172.7M    82.0M
  class-5          4720  class-5          1.33M    1.40M    87.3M    82.0M
  class-5          4721  class-5          1.33M    1.40M    87.3M    82.0M









F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  q quit
END

open_view 80x24 ./redis
press Enter t
shown 'threads of a class' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
████████████████████ main 140.0M ▒▒▒▒▒▒▒ bio_lazy_free 48.0M ·· allocator 15.0M
  threads of main
  THREAD         TID  CLASS      ALLOC/s▾   FREE/s   ALLOC+    FREE+
▸ main          4712  main          7.00M    3.40M   448.7M   202.0M
  main          4713  main          7.00M    3.40M   448.7M   202.0M
















F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  q quit
END

open_view 120x24 ./redis
press a
shown 'arenas' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60          RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 3.0%  agent 0.03% cpu  2 warnings: w
██████████████████████████████ main 140.0M ▒▒▒▒▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓▓▓▓▓ io_thd_* 46.4M ··· allocator 15.0M
  CLASS          ARENA  THR  ALLOC▾      Δ/s  ACTIVE   DIRTY   MUZZY     RES  RETAINED    META  TCACHED
▸ main               1    1   70.0M  +401.6K   72.2M  128.0K   4.00K   72.4M     36.6M  100.0K    16.0K
  main               2    1   70.0M  +401.6K   72.2M  128.0K   4.00K   72.4M     36.6M  100.0K    16.0K
  bio_lazy_free      5    1   24.0M  -110.4K   24.8M  256.0K   12.0K   25.1M     12.9M  100.0K    32.0K
  bio_lazy_free      6    1   24.0M  -110.4K   24.8M  256.0K   12.0K   25.1M     12.9M  100.0K    32.0K
  io_thd_*           3    1   23.2M  -260.4K   24.0M  192.0K   8.00K   24.2M     12.5M  100.0K    24.0K
  io_thd_*           4    1   23.2M  -260.4K   24.0M  192.0K   8.00K   24.2M     12.5M  100.0K    24.0K
  class-4            7    1   16.0M  -110.4K   16.5M  320.0K   16.0K   17.0M     8.77M  100.0K    40.0K
  class-4            8    1   16.0M  -110.4K   16.5M  320.0K   16.0K   17.0M     8.77M  100.0K    40.0K
  class-5            9    1   8.05M  -110.4K   8.30M  384.0K   20.0K   8.77M     4.65M  100.0K    48.0K
  class-5           10    1   8.05M  -110.4K   8.30M  384.0K   20.0K   8.77M     4.65M  100.0K    48.0K
  (unbound)          0    0   5.02M   -16.0K   5.18M   64.0K       0   6.34M     3.09M   1.10M    16.0K








F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

open_view 80x24 ./redis
press a Enter
shown 'an arena opened' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
████████████████████ main 140.0M ▒▒▒▒▒▒▒ bio_lazy_free 48.0M ·· allocator 15.0M
  arena 1 of main
  FIGURES
  THR                 1  Threads that are bound to the arena
  ALLOC           70.0M  Bytes allocated in the arena, small and large, thread
                         caches included
  Δ/s           +401.6K  Change of allocated a second
  ACTIVE          72.2M  Bytes in pages of the arena that hold at least one
                         allocation
  DIRTY          128.0K  Bytes in unused pages that jemalloc has not given back
                         to the kernel yet
  MUZZY           4.00K  Bytes in unused pages that the kernel may take when it
                         needs them
  RES             72.4M  Bytes of the arena that jemalloc reckons to be in
                         physical memory
  RETAINED        36.6M  Bytes of address space that the arena keeps for reuse;
                         not physical memory
  META           100.0K  Bytes that jemalloc uses for the arena's books
  TCACHED         16.0K  Bytes in thread caches that are associated with the
                         arena
  MAPPED          73.2M  Bytes in active extents of the arena
F1 help  m flows  t threads  a arenas  e sizes  g graph  ←→ time  q quit
END

open_view 100x24 ./redis
press g
shown 'graph, stacked' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 3.0%  2 warnings: w
███████████████████ main 140.0M ▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓ io_thd_* 46.4M ·· allocator 15.0M
  ██ main             140.0M  ▒▒ bio_lazy_free     48.0M  ▓▓ io_thd_*          46.4M
  ░░ class-4           32.0M  ▚▚ class-5           16.0M  ▞▞ (unbound)         4.00M
 289.4M │                                                                    ▞▞▞▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚
        │                                  ▞▞▞▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚░░░░░░░░░░░░░░░░░░░░
        │ ▞▞▞▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
 238.3M │▚▚▚▚░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓
        │░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓
        │░░░▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓
 187.2M │▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
        │▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
        │▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
 136.2M │▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒██████████████████████
        │▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█████████████████████████████████████████████████
        │▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█████████████████████████████████████████████████████████████████████████
  85.1M │███████████████████████████████████████████████████████████████████████████████████████████
        │███████████████████████████████████████████████████████████████████████████████████████████
        │███████████████████████████████████████████████████████████████████████████████████████████
  34.0M │███████████████████████████████████████████████████████████████████████████████████████████
        │███████████████████████████████████████████████████████████████████████████████████████████
        └─ 01:00 before ────────────────────────────────────────────────────────────────────────────
F1 help  z zoom  + - span  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

open_view 100x24 ./redis
press g z
shown 'graph, zoomed' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 3.0%  2 warnings: w
███████████████████ main 140.0M ▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓ io_thd_* 46.4M ·· allocator 15.0M
  ██ main             140.0M  ▒▒ bio_lazy_free     48.0M  ▓▓ io_thd_*          46.4M
  ░░ class-4           32.0M  ▚▚ class-5           16.0M  ▞▞ (unbound)         4.00M
 140.0M │                                                                                   ████████
        │                                                                     ██████████████
        │                                                           ██████████
 116.0M │                                             ██████████████
        │                                  ███████████
        │                      ████████████
  92.0M │         █████████████
        │█████████
        │
  68.0M │
        │▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓
        │▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
  44.0M │                                                                                    ▓▓▓▓▓▓▓
        │░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
        │
  20.0M │▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚
        │▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞▞
        └─ 01:00 before ────────────────────────────────────────────────────────────────────────────
F1 help  z zoom  + - span  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

LOCALE=C TERM_INSIDE=vt100 open_view 60x16 ./redis
press g
shown 'graph in ASCII' <<'END'
redis-server 4711  up 01:00  # file  exact          books ok
RSS 309.4M/512.0M  live 286.4M -300.0K/s  cached 336.0K
############################ main 140.0M -- allocator 15.0M
  ## main             140.0M  ++ bio_lazy_free     48.0M
  == io_thd_*          46.4M  :: class-4           32.0M
  %% class-5           16.0M  oo (unbound)         4.00M
 289.9M |                      oooooooooooo%%%%%%%%%%%%%%%%%
        |%%%%%::::::::::::::::::::::::::::::::::::::::::::::
        |:::================================================
 181.2M |=========================++++++++++++++++++++++++++
        |+++++++++++++++++++++++++++++++++++++##############
        |++++++#############################################
  72.5M |###################################################
        |###################################################
        +- 01:00 before ------------------------------------
F1 help  z zoom  + - span  m flows  t threads  q quit
END

open_view 100x40 ./mixed
press w
shown 'the agent and its warnings' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books off +4.77M
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 1.4%  2 warnings: w
███████████████████ main 140.0M ▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓ io_thd_* 46.4M ·· allocator 15.0M
  WARNINGS
  synthetic warning 1 of 2
  synthetic warning 2 of 2

  MODE
  the process          exact
  io_thd_*             flow: the class's address region is full

  COST
  INTERVAL        1.00s  Time between full snapshots, as stretched by the agent
  PEAKEVERY      50.0ms  Time between lock-free looks, as stretched by the agent; 0 when they are
                         off
  SAMPLE        210.0us  Time that the newest full snapshot took
  LOOK            900ns  Time that the newest lock-free look took
  CPU            18.0ms  CPU time that the agent's own thread has used
  SAMPLES            60  Full snapshots taken, published or not
  LEFTOUT             0  Threads that this snapshot has no row for, to keep it small
  UNSEEN              0  Threads of the process that no hook of the agent has met

  WHO
  command   redis-server --of synth
  agent     synthetic
  jemalloc  5.3.0-0-synthetic
  segment   ./mixed
  history   60 snapshots, 0 overwritten before they were seen











F1 help  m flows  t threads  a arenas  g graph  ←→ time  Space pause  b baseline  q quit
END

open_view 80x24 ./redis
press \?
shown 'help' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
████████████████████ main 140.0M ▒▒▒▒▒▒▒ bio_lazy_free 48.0M ·· allocator 15.0M
  KEYS
  F1 ? h          Shows this help
  /               Finds a name; Enter keeps it
  n               Goes to the next name found
  N               Goes to the one before
  \ F4            Shows only names with this in them
  <               Orders by the column to the left
  >               Orders by the column to the right
  F6 s            Picks the column to order by
  I               Inverts the order
  F2 C            Picks the columns that are shown
  i               Hides what holds and moves nothing, or shows it
  Enter Space     Menus: takes what the cursor is on
  s               Flows: a second, or since the start
  x               Flows: bytes, or blocks
  <               Flows: scrolls to the left
  >               Flows: scrolls to the right
  z               Graph: from zero, or only the range that occurs
  +               Graph: reaches back further
  -               Graph: reaches back less
F1 help  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

open_view 40x10 ./redis
press \?
shown 'help in 40x10' <<'END'
redis-server 4711  ■ file  exact
RSS 309.4M/512.0M  live 286.4M -300.0K/s
  KEYS
  F1 ? h          Shows this help
  /               Finds a name; Enter
                  keeps it
  n               Goes to the next name
                  found
  N               Goes to the one before
F1 help  m flows  t threads  q quit
END

open_view 80x24 ./redis
press s
shown 'menu of the order' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
████████████████████ main 140.0M ▒▒▒▒▒▒▒ bio_lazy_free 48.0M ·· allocator 15.0M
  Order by: Enter takes one, I inverts, Esc goes back
      CLASS      Name of the thread class
      THR        Threads of the class that are alive
▸ ▾   LIVE       Usable bytes that the class's threads allocated and nobody has…
      Δ/s        Change of live a second
      ALLOC/s    Bytes that the class's threads allocate a second
      FREE/s     Bytes that the class's threads free a second, whoever allocate…
      GIVEN/s    Bytes a second that this class allocated and another freed
      TAKEN/s    Bytes a second that this class freed and another allocated
      PEAK       Highest live over the last 60 snapshots, bursts between two sn…
      CACHED     Bytes freed but still held in thread caches; jemalloc goes on …
      DIRTY      Bytes in unused pages that jemalloc has not given back to the …
      RES        Bytes of the class's arenas that jemalloc reckons to be in phy…
      REL/s      Bytes of the class's memory that anyone frees a second
      ΔRES/s     Change of resident a second
      NMALL/s    Allocations a second that the class's arenas serve
      NDALL/s    Allocations a second that the class's arenas take back
      ALLOC      Bytes allocated in the class's arenas, as jemalloc counts them…
      ACTIVE     Bytes in pages of the class's arenas that hold at least one al…
      MUZZY      Bytes in unused pages that the kernel may take when it needs t…
F1 help  Enter choose  m flows  t threads  a arenas  g graph  ←→ time  q quit
END

open_view 80x16 ./redis
press C
shown 'menu of the columns' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
████████████████████ main 140.0M ▒▒▒▒▒▒▒ bio_lazy_free 48.0M ·· allocator 15.0M
  Columns: Enter shows or hides one, Esc goes back
▸ [x] CLASS      Name of the thread class
  [x] THR        Threads of the class that are alive
  [x] LIVE       Usable bytes that the class's threads allocated and nobody has…
  [x] Δ/s        Change of live a second
  [x] ALLOC/s    Bytes that the class's threads allocate a second
  [x] FREE/s     Bytes that the class's threads free a second, whoever allocate…
  [x] GIVEN/s    Bytes a second that this class allocated and another freed
  [x] TAKEN/s    Bytes a second that this class freed and another allocated
  [x] PEAK       Highest live over the last 60 snapshots, bursts between two sn…
  [x] CACHED     Bytes freed but still held in thread caches; jemalloc goes on …
  [x] DIRTY      Bytes in unused pages that jemalloc has not given back to the …
F1 help  Enter choose  m flows  t threads  a arenas  g graph  ←→ time  q quit
END

open_view 120x20 ./redis
press u
shown 'bytes in full' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60          RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 3.0%  agent 0.03% cpu  2 warnings: w
██████████████████████████████ main 140.0M ▒▒▒▒▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓▓▓▓▓ io_thd_* 46.4M ··· allocator 15.0M
  CLASS                   LIVE▾             Δ/s         ALLOC/s          FREE/s            PEAK             RES  60 s
▸ main              146,800,640        +838,861      22,020,096      10,695,475     146,804,736     151,896,064  ▁▂▃▅▆██
  bio_lazy_free      50,331,648        -209,715      12,582,912      14,889,779      52,441,086      52,707,328  ▅▆▄▆▃▆▃
  io_thd_*           48,676,864        -516,915      16,777,216      19,391,283      67,117,056      50,847,744  ██▆▅▃▂▁
  class-4            33,554,432        -209,715       8,388,608      10,695,475      35,667,966      35,553,280  ▆▆▄▆▃▆▃
  class-5            16,777,216        -209,715       4,194,304       8,598,323      18,894,846      18,399,232  ▇█▄█▁█▁
  (unbound)           4,194,304               0               0               0       4,194,304       6,643,712  ▅▅▅▅▅▅▅









Unit: bytes.
END

open_view 80x20 ./redis
press u u Down
shown 'percent' <<'END'
redis-server 4711  up 01:00  ■ file  exact   RSS 309.4M of 512.0M 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  2 warnings: w
████████████████████ main 140.0M ▒▒▒▒▒▒▒ bio_lazy_free 48.0M ·· allocator 15.0M
  CLASS           LIVE▾      Δ/s  ALLOC/s  FREE/s    PEAK     RES  60 s
  main            48.7%    +0.3%     7.3%    3.5%   48.7%   50.3%   ▁▁▂▃▃▄▅▆▆▇██
▸ bio_lazy_free   16.7%   -0.07%     4.2%    4.9%   17.4%   17.5%   ▃▆▆▃▃▆▆▃▃▆▆▃
  io_thd_*        16.1%    -0.2%     5.6%    6.4%   22.2%   16.9%   ███▇▅▅▅▄▂▂▂▁
  class-4         11.1%   -0.07%     2.8%    3.5%   11.8%   11.8%   ▃▇▆▂▃▇▆▂▃▇▆▂
  class-5          5.6%   -0.07%     1.4%    2.8%    6.3%    6.1%   ▂█▇▁▂█▇▁▂█▇▁
  (unbound)        1.4%        0        0       0    1.4%    2.2%   ▅▅▅▅▅▅▅▅▅▅▅▅









F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  q quit
END

open_view 120x20 ./redis
press Left Left
shown 'some time ago' <<'END'
redis-server 4711  up 00:58  ■ file  ◀ 00:02 ago  14:14:18  exact         RSS 310.1M of 512.0M ▇▇▇▇▇▇░░░░ 60.6%  books ✓
live 287.0M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 408.0K  dirty 2.61M  fragm. 3.0%  agent 0.03% cpu  2 warnings: w
█████████████████████████████ main 138.4M ▒▒▒▒▒▒▒▒▒▒ bio_lazy_free 48.4M ▓▓▓▓▓▓▓▓▓▓ io_thd_* 47.4M ··· allocator 15.1M
  CLASS          THR   LIVE▾      Δ/s  ALLOC/s  FREE/s  GIVEN/s  TAKEN/s    PEAK  CACHED   DIRTY     RES  60 s
▸ main             2  138.4M  +819.2K    21.0M   10.2M    10.0M        0  138.4M   44.0K  264.0K  143.2M    ▁▁▂▃▄▄▅▆▇███
  bio_lazy_free    2   48.4M  -204.8K    12.0M   14.2M    6.00M    8.00M   50.0M   76.0K  520.0K   50.7M    ▃▆▆▃▃▆▆▃▃▆▆▃
  io_thd_*         2   47.4M  -504.8K    16.0M   18.5M    8.00M    10.0M   64.0M   60.0K  392.0K   49.5M    ███▇▅▅▅▄▂▂▂▁
  class-4          2   32.4M  -204.8K    8.00M   10.2M    4.00M    6.00M   34.0M   92.0K  648.0K   34.3M    ▃▇▆▂▃▇▆▂▃▇▆▂
  class-5          2   16.4M  -204.8K    4.00M   8.20M        0    4.00M   18.0M  108.0K  776.0K   18.0M    ▂█▇▁▂█▇▁▂█▇▁
  (unbound)        0   4.00M        0        0       0        0        0   4.00M   28.0K   68.0K   6.35M    ▅▅▅▅▅▅▅▅▅▅▅▅









F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

open_view 120x20 ./redis
press Left Left b End
shown 'differences since a baseline' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60  RSS 309.4M of 512.0M -728.0K ▇▇▇▇▇▇░░░░ 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -600.0K  cached -72.0K  dirty -44.0K  fragm. 0%  agent 0.03% cpu  2 warnings: w
███████████████████████████ main +1.60M ▒▒▒▒▒▒▒▒▒ bio_lazy_free -409.6K ▓▓▓▓▓▓▓▓▓ io_thd_* -1010K ·· allocator -128.0K
Differences since the baseline 00:02 ago; b shows amounts again.
  CLASS          THR   LIVE▾        Δ    ALLOC    FREE    GIVEN    TAKEN    PEAK  CACHED   DIRTY     RES  60 s
▸ main             0  +1.60M   +1.60M   +42.0M  +20.4M   +20.0M        0  +1.60M  -12.0K  -8.00K  +1.63M    ▁▁▂▃▃▄▅▆▆▇██
  (unbound)        0       0        0        0       0        0        0       0  -12.0K  -4.00K  -16.0K    ▅▅▅▅▅▅▅▅▅▅▅▅
  bio_lazy_free    0 -409.6K  -409.6K   +24.0M  +28.4M   +12.0M   +16.0M       0  -12.0K  -8.00K -440.0K    ▃▆▆▃▃▆▆▃▃▆▆▃
  class-4          0 -409.6K  -409.6K   +16.0M  +20.4M   +8.00M   +12.0M       0  -12.0K  -8.00K -440.0K    ▃▇▆▂▃▇▆▂▃▇▆▂
  class-5          0 -409.6K  -409.6K   +8.00M  +16.4M        0   +8.00M       0  -12.0K  -8.00K -440.0K    ▂█▇▁▂█▇▁▂█▇▁
  io_thd_*         0  -1010K   -1010K   +32.0M  +37.0M   +16.0M   +20.0M       0  -12.0K  -8.00K  -1.04M    ███▇▅▅▅▄▂▂▂▁








F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  ←→ time  Space pause  q quit
END

open_view 200x50 ./redis
shown 'a wide terminal' <<'END'
arenatop  redis-server 4711  up 01:00  ■ file  exact  1.00s  #60                                                                                          RSS 309.4M of 512.0M ▇▇▇▇▇▇░░░░ 60.4%  books ✓
live 286.4M ▁▂▂▂▄▅▅▅▇███ -300.0K/s  cached 336.0K  dirty 2.56M  fragm. 3.0%  retained 153.9M  agent 0.03% cpu  2 warnings: w
████████████████████████████████████████ main 140.0M ▒▒▒▒▒▒▒▒▒▒▒▒▒ bio_lazy_free 48.0M ▓▓▓▓▓▓▓▓▓▓▓▓▓ io_thd_* 46.4M ░░░░░░░░░ class-4 32.0M ▚▚▚▚ class-5 16.0M ▞ (unbound) 4.00M ···· allocator 15.0M
  CLASS          THR   LIVE▾      Δ/s  ALLOC/s  FREE/s  GIVEN/s  TAKEN/s    PEAK  CACHED   DIRTY     RES  60 s
▸ main             2  140.0M  +819.2K    21.0M   10.2M    10.0M        0  140.0M   32.0K  256.0K  144.9M  ▁▁▁▁▁▁▁▂▂▂▂▂▂▂▃▃▃▃▃▃▃▃▄▄▄▄▄▄▅▅▅▅▅▅▅▅▅▆▆▆▆▆▆▆▇▇▇▇▇▇██████████
  bio_lazy_free    2   48.0M  -204.8K    12.0M   14.2M    6.00M    8.00M   50.0M   64.0K  512.0K   50.3M  ▂▃▃▄▅▅▆▆▇▇▇▆▆▅▅▄▃▃▂▂▂▃▃▄▅▅▆▆▇▇▇▆▆▅▅▄▃▃▂▂▂▃▃▄▅▅▆▆▇▇▇▆▆▅▅▄▃▃▂▂
  io_thd_*         2   46.4M  -504.8K    16.0M   18.5M    8.00M    10.0M   64.0M   48.0K  384.0K   48.5M  ████████████▇▇▇▇▇▆▆▆▆▆▆▆▆▆▆▆▅▅▅▅▅▅▄▄▄▄▃▃▃▃▃▃▃▃▃▃▃▃▃▂▂▂▂▁▁▁▁▁
  class-4          2   32.0M  -204.8K    8.00M   10.2M    4.00M    6.00M   34.0M   80.0K  640.0K   33.9M  ▁▂▃▄▅▅▆▇███▇▆▅▅▄▃▂▁▁▁▂▃▄▅▅▆▇███▇▆▅▅▄▃▂▁▁▁▂▃▄▅▅▆▇███▇▆▅▅▄▃▂▁▁
  class-5          2   16.0M  -204.8K    4.00M   8.20M        0    4.00M   18.0M   96.0K  768.0K   17.5M  ▁▂▃▄▅▅▆▇███▇▆▅▅▄▃▂▁▁▁▂▃▄▅▅▆▇███▇▆▅▅▄▃▂▁▁▁▂▃▄▅▅▆▇███▇▆▅▅▄▃▂▁▁
  (unbound)        0   4.00M        0        0       0        0        0   4.00M   16.0K   64.0K   6.34M  ▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅







































F1 help  / find  \ filter  < > sort  Enter open  m flows  t threads  a arenas  g graph  ←→ time  Space pause  b baseline  q quit
END

done_testing

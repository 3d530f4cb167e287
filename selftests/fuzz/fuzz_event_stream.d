fuzz_event_stream.o: /work/h2/selftests/fuzz/fuzz_event_stream.c \
  /work/h2/user/lib/event_stream.h /work/h2/user/lib/module_group.h \
  /work/h2/user/lib/module_link.h \
  /work/h2/include/uapi/linux/truechime.h /work/h2/kmod/core/line.h \
  /work/h2/kmod/core/line_env.h /work/h2/selftests/fuzz/fuzz.h

/work/h2/user/lib/event_stream.h:

/work/h2/user/lib/module_group.h:

/work/h2/user/lib/module_link.h:

/work/h2/include/uapi/linux/truechime.h:

/work/h2/kmod/core/line.h:

/work/h2/kmod/core/line_env.h:

/work/h2/selftests/fuzz/fuzz.h:

// Standard streams: pipes to the monitor, or a terminal of the container's own devpts whose master goes to the host.
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

#include <asm/ioctls.h>
#include <cstring>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace phial::runtime {

namespace {

struct Ends {
  Slot read;
  Slot write;
};

// Not O_CLOEXEC: the init inherits the container's ends. The host's are closed with everything else before the exec.
Ends make_pipe(Compiler& c, const char* read, const char* write) {
  Data pair = c.b.room(2 * sizeof(int), alignof(int));
  Ends out{c.b.slot(read), c.b.slot(write)};
  c.b.call(SYS_pipe2, {pair, 0});
  c.b.add(Op::load, {pair, sizeof(int)}).into(out.read);
  c.b.add(Op::load, {pair + sizeof(int), sizeof(int)}).into(out.write);
  return out;
}

void add_pipes(Compiler& c, bool open_stdin) {
  c.step(Section::host, [&] {
    return StepText{"make the pipes of the standard streams", "the monitor keeps the container's output"};
  });
  Slot in = c.b.slot("stdin");
  program::WellKnownSlots& known = c.b.known();
  if (open_stdin) {
    Ends ends = make_pipe(c, "stdin_read", "stdin_write");
    in = ends.read;
    known.stdin_write = ends.write.index;
  } else {
    c.open(in, "/dev/null", O_RDONLY);
  }
  Ends out = make_pipe(c, "stdout_read", "stdout_write");
  Ends err = make_pipe(c, "stderr_read", "stderr_write");
  known.stdout_read = out.read.index;
  known.stderr_read = err.read.index;
  c.step(Section::beside,
         [&] { return StepText{"leave the container's ends of the pipes to the container", "their end is its end"}; });
  for (Slot mine : {in, out.write, err.write})
    c.b.call(SYS_close, {mine});
  c.streams = {in, out.write, err.write};
}

void take_pipes(Compiler& c) {
  if (c.streams.empty())
    return;
  c.step(Section::init,
         [&] { return StepText{"take the pipes as standard streams", "the monitor keeps the container's output"}; });
  for (int standard : {0, 1, 2})
    c.b.call(SYS_dup3, {c.streams[static_cast<std::size_t>(standard)], standard, 0});
}

// What sendmsg(2) takes for bytes with one descriptor. unix(7), SCM_RIGHTS.
struct Message {
  iovec part;
  alignas(8) char control[CMSG_SPACE(sizeof(int))];
  msghdr header;
};

} // namespace

void send_descriptor(Compiler& c, Slot socket, Slot descriptor, Data bytes, std::size_t size) {
  Message message;
  std::memset(&message, 0, sizeof message);
  message.part.iov_len = size;
  cmsghdr control{};
  control.cmsg_len = CMSG_LEN(sizeof(int));
  control.cmsg_level = SOL_SOCKET;
  control.cmsg_type = SCM_RIGHTS;
  std::memcpy(message.control, &control, sizeof control);
  message.header.msg_iovlen = 1;
  message.header.msg_controllen = sizeof message.control;
  Data at = c.b.cleared_object(message);
  c.b.point(at + offsetof(Message, part) + offsetof(iovec, iov_base), bytes);
  c.b.point(at + offsetof(Message, header) + offsetof(msghdr, msg_iov), at + offsetof(Message, part));
  c.b.point(at + offsetof(Message, header) + offsetof(msghdr, msg_control), at + offsetof(Message, control));
  c.b.add(Op::store, {at + offsetof(Message, control) + CMSG_LEN(0), descriptor, sizeof(int)});
  c.b.call(SYS_sendmsg, {socket, at + offsetof(Message, header), MSG_NOSIGNAL});
}

void add_pipe_steps(Compiler& c, Stdio stdio, bool terminal, bool open_stdin) {
  if (stdio == Stdio::pipes && !terminal)
    add_pipes(c, open_stdin);
}

void add_receive_terminal_steps(Compiler& c, const spec::Process& process) {
  if (!process.terminal)
    return;
  c.step(Section::beside, [&] { return StepText{"receive the terminal's master", c.why("process.terminal")}; });
  Slot master = c.b.slot("terminal");
  c.b.add(Op::receive_fd, {c.host_sync}).into(master);
  c.b.known().terminal = master.index;
}

void add_terminal_steps(Compiler& c, const spec::Process& process) {
  if (!process.terminal) {
    take_pipes(c);
    return;
  }
  c.step(Section::init, [&] {
    return StepText{"open a terminal of the container's own", c.why("process.terminal"),
                    "the container holds no terminal of the host's"};
  });
  Slot master = c.b.slot("master");
  Slot peer = c.b.slot("tty");
  if (c.has_devpts)
    c.b.call(SYS_openat, {c.devpts, c.b.text("ptmx"), O_RDWR | O_NOCTTY | O_CLOEXEC, 0}).into(master);
  else {
    open_how how{};
    how.flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
    c.b.call(SYS_openat2, {c.root, c.b.text("dev/pts/ptmx"), c.b.object(how), sizeof how}).into(master);
  }
  c.b.call(SYS_ioctl, {master, TIOCSPTLCK, c.b.object(0)});
  c.b.call(SYS_ioctl, {master, TIOCGPTPEER, O_RDWR | O_NOCTTY}).into(peer);
  if (process.console_size) {
    winsize size{};
    size.ws_row = process.console_size->height;
    size.ws_col = process.console_size->width;
    c.b.call(SYS_ioctl, {master, TIOCSWINSZ, c.b.object(size)});
  }
  send_descriptor(c, c.sync, master, c.b.text("t"), 1);
  if (c.has_devpts) {
    Slot clone = c.b.slot("console");
    c.b.call(SYS_open_tree, {peer, c.b.text(""), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH}).into(clone);
    c.attach(clone, c.target("dev/console", TargetKind::file));
  }
  c.b.call(SYS_ioctl, {peer, TIOCSCTTY, 0});
  for (int standard : {0, 1, 2})
    c.b.call(SYS_dup3, {peer, standard, 0});
}

void add_stream_owner_steps(Compiler& c, const spec::Process& process, unsigned streams) {
  std::uint32_t uid = process.user.uid;
  if (process.terminal)
    streams = 1; // the three are one
  if (uid == 0 || streams == 0)
    return;
  c.step(Section::init,
         [&] { return StepText{"give the standard streams to user " + std::to_string(uid), c.why("process.user")}; });
  for (unsigned fd : {0U, 1U, 2U}) {
    if ((streams & (1U << fd)) == 0)
      continue;
    // A stream that stays another's can be used all the same.
    program::Label next;
    c.b.call(SYS_fchown, {fd, uid, ~0U});
    c.b.otherwise(next);
    c.b.place(next);
  }
}

} // namespace phial::runtime

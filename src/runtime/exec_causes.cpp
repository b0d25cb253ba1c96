// examine(): a file that is there. not_found() is in exec_missing.cpp.
#include "runtime/exec_causes.hpp"

#include "base/text.hpp"
#include "runtime/command_path.hpp"

#include <elf.h>

#include <algorithm>

namespace phial::runtime::causes {

namespace {

constexpr int kMaxDepth = 5; // interpreters of interpreters

std::string octal(mode_t mode) {
  std::string out = "0";
  for (int shift = 6; shift >= 0; shift -= 3)
    out += static_cast<char>('0' + (mode >> shift & 7));
  return out;
}

std::string owner_and_mode(const struct stat& status) {
  return "mode " + octal(status.st_mode) + ", owner " + std::to_string(status.st_uid) + ":" +
         std::to_string(status.st_gid);
}

std::string base_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

std::string in_path(const RootView& root, const Attempt& attempt, std::string_view name) {
  for (const std::string& path : command_candidates(name, search_path(attempt.environment)))
    if (Looked found = root.look(path, attempt.directory); found.is_there() && S_ISREG(found.status.st_mode))
      return path;
  return {};
}

std::string_view kind_of_file(mode_t mode) {
  switch (mode & S_IFMT) {
  case S_IFDIR: return "a directory";
  case S_IFCHR: return "a character device";
  case S_IFBLK: return "a block device";
  case S_IFIFO: return "a FIFO";
  case S_IFSOCK: return "a socket";
  default: return "no regular file";
  }
}

std::string directory_hint(const RootView& root, const Looked& found) {
  std::vector<std::string> names = root.names(found.path);
  std::ranges::sort(names);
  for (const std::string& name : names) {
    std::string path = (found.path == "/" ? "" : found.path) + "/" + name;
    Looked inside = root.look(path);
    if (inside.is_there() && S_ISREG(inside.status.st_mode) && (inside.status.st_mode & 0111) != 0)
      return "name a program in it, " + path + " for instance";
  }
  return "name a program: there is none in that directory";
}

// The mode, as the kernel judges it before it reads a byte.
std::optional<Diagnosis> examine_access(const RootView& root, const Attempt& attempt, const Looked& found,
                                        const std::string& name) {
  if (!found.barrier.empty())
    return Diagnosis{name + " cannot be reached by uid " + std::to_string(attempt.uid) + ": " + found.barrier +
                         " may not be searched (" + owner_and_mode(found.barrier_status) + ")",
                     "give that directory the mode 0755 in the image, or run as its owner with --user", EACCES};
  const struct stat& status = found.status;
  if (S_ISDIR(status.st_mode))
    return Diagnosis{name + " is a directory, not a program", directory_hint(root, found), EACCES};
  if (!S_ISREG(status.st_mode))
    return Diagnosis{name + " is " + std::string(kind_of_file(status.st_mode)) + ", not a program",
                     "name a program of the image", EACCES};
  if (found.no_exec)
    return Diagnosis{name + " lies on " + (found.mount != nullptr ? found.mount->destination : "a file system") +
                         ", which is mounted with noexec",
                     "mount it without noexec (a tmpfs: with the option exec), or put the program elsewhere", EACCES};
  if (may_execute(attempt.who, status))
    return std::nullopt;
  bool nobody = (status.st_mode & 0111) == 0;
  std::string fix = nobody ? "chmod +x it where the image is made (in a Dockerfile: COPY --chmod=755)"
                           : "chmod 755 it where the image is made, or run as its owner with --user";
  if (std::optional<Shebang> shebang = parse_shebang(RootView::reader(found)(0, kHeadSize));
      shebang && root.look(shebang->interpreter, attempt.directory).is_there())
    fix += "; or name its interpreter: " + shebang->interpreter + " " + found.path;
  return Diagnosis{name + " is not executable" + (nobody ? "" : " for uid " + std::to_string(attempt.uid)) + " (" +
                       owner_and_mode(status) + ")",
                   std::move(fix), EACCES};
}

std::string interpreter_hint(const RootView& root, const Attempt& attempt, std::string_view interpreter) {
  std::string name = base_name(interpreter);
  if (std::string other = in_path(root, attempt, name); !other.empty())
    return "the image has " + other + ": write that into the first line";
  if (root.look("/bin/sh").is_there())
    return "add " + name + " to the image, or write the script for /bin/sh, which is there";
  return "add " + name + " to the image, or use an image that has it";
}

std::optional<Diagnosis> examine_script(const RootView& root, const Attempt& attempt, const Shebang& shebang,
                                        const std::string& name, int depth) {
  std::string interpreter = shebang.interpreter;
  if (interpreter.empty())
    return Diagnosis{"the first line of " + name + " is #! without an interpreter",
                     "write the interpreter's path behind it: #!/bin/sh", ENOEXEC};
  Looked found = root.look(interpreter, attempt.directory, attempt.who);
  if (found.hidden)
    return std::nullopt;
  if (found.is_there())
    return examine(root, attempt, found, "the interpreter " + interpreter + " of " + name, depth + 1);
  if (interpreter.ends_with('\r')) {
    interpreter.pop_back();
    return Diagnosis{"the first line of " + name + " ends in a carriage return, so its interpreter is \"" +
                         interpreter + "\\r\", which is not there",
                     std::string(kCarriageFix), ENOENT};
  }
  std::string dangling =
      found.link.empty() || found.number == ELOOP ? "" : " (" + found.link + " is a link to " + found.link_target + ")";
  return Diagnosis{"the script " + name + " names the interpreter " + interpreter +
                       " in its first line, which is not in the container's root" + dangling,
                   interpreter_hint(root, attempt, interpreter), found.number};
}

std::string named(const RootView& root, std::initializer_list<std::string_view> directories, std::string_view begin) {
  for (std::string_view directory : directories)
    for (const std::string& name : root.names(directory))
      if (name.starts_with(begin))
        return std::string(directory) + "/" + name;
  return {};
}

std::string loader_hint(const RootView& root, std::string_view loader, const Elf& elf) {
  std::string musl = named(root, {"/lib", "/usr/lib"}, "ld-musl-");
  std::string glibc = named(root, {"/lib64", "/lib", "/usr/lib64", "/usr/lib"}, "ld-linux");
  std::string name = base_name(loader);
  if (loader.starts_with("/nix/store/"))
    return "the program was built by Nix and needs its store: build the image with its whole closure";
  if (name.starts_with("ld-linux") && !musl.empty() && glibc.empty())
    return "the program is linked against glibc, the image has musl (" + musl +
           "): build it for musl or statically, or use an image with glibc";
  if (name.starts_with("ld-musl-") && !glibc.empty())
    return "the program is linked against musl, the image has glibc (" + glibc +
           "): build it for glibc or statically, or use an image with musl";
  if (!glibc.empty() || !musl.empty())
    return "the image has " + (glibc.empty() ? musl : glibc) + ": install the libraries for " + architecture_name(elf) +
           ", or use a program built for this image";
  return "the image has no loader at all: link the program statically, or use an image with its C library";
}

std::optional<Diagnosis> examine_elf(const RootView& root, const Attempt& attempt, const ReadAt& read,
                                     const std::string& name, bool is_loader) {
  Result<Elf> elf = read_elf(read);
  int invalid = is_loader ? ELIBBAD : ENOEXEC;
  if (!elf)
    return Diagnosis{name + " is a damaged ELF file: it " + elf.error().message,
                     "see whether it was copied whole when the image was made", invalid};
  if (!runs_here(*elf))
    return Diagnosis{name + " is made for " + architecture_name(*elf) + ", this machine is " +
                         std::string(host_architecture()),
                     "use an image for linux/" + std::string(host_architecture()) +
                         ", or register an emulator: Debian's package qemu-user-static",
                     invalid};
  if (elf->type == ET_REL || elf->type == ET_CORE)
    return Diagnosis{name + (elf->type == ET_REL ? " is an object file that was never linked" : " is a core dump"),
                     elf->type == ET_REL ? "link it to a program" : "name a program", invalid};
  if (is_loader || !elf->interpreter)
    return std::nullopt;
  const std::string& loader = *elf->interpreter;
  Looked found = root.look(loader, attempt.directory, attempt.who);
  if (found.hidden)
    return std::nullopt;
  if (!found.is_there())
    return Diagnosis{name + " needs the loader " + loader + ", which is not in the container's root",
                     loader_hint(root, loader, *elf), found.number};
  std::string its_name = "the loader " + loader + " of " + name;
  if (auto access = examine_access(root, attempt, found, its_name))
    return access;
  return examine_elf(root, attempt, RootView::reader(found), its_name, true);
}

} // namespace

std::optional<Diagnosis> examine(const RootView& root, const Attempt& attempt, const Looked& found,
                                 const std::string& name, int depth) {
  if (auto access = examine_access(root, attempt, found, name))
    return access;
  if (depth > kMaxDepth)
    return Diagnosis{name + " is at the end of a chain of more than " + std::to_string(kMaxDepth) +
                         " scripts that interpret one another",
                     "name a program as interpreter", ELOOP};
  ReadAt read = RootView::reader(found);
  std::string head = read(0, kHeadSize);
  if (head.starts_with(ELFMAG))
    return examine_elf(root, attempt, read, name, false);
  if (std::optional<Shebang> shebang = parse_shebang(head))
    return examine_script(root, attempt, *shebang, name, depth);
  Stranger stranger = describe_stranger(head);
  return Diagnosis{name + " " + std::string(stranger.what), std::string(stranger.fix), ENOEXEC};
}

} // namespace phial::runtime::causes

#include "runtime/compiler.hpp"

#include "base/text.hpp"
#include "kernel/kabi.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

namespace phial::runtime {

std::string Compiler::why(std::string_view field) const {
  const Reason* best = nullptr;
  for (const Reason& reason : reasons)
    if (field.starts_with(reason.field) && (best == nullptr || reason.field.size() > best->field.size()))
      best = &reason;
  return best != nullptr ? best->text : fallback_reason + ": " + std::string(field);
}

void Compiler::open(Slot into, std::string_view path, int flags) {
  b.call(SYS_openat, {AT_FDCWD, b.text(path), flags, 0}).into(into);
}

void Compiler::write_file(std::string_view path, std::string_view value, int tolerated) {
  Slot file = b.slot("file");
  open(file, path, O_WRONLY | O_CLOEXEC);
  b.call(SYS_write, {file, b.text(value), value.size()}).tolerate(tolerated);
  b.call(SYS_close, {file});
}

namespace {

// Nothing to leave out: no empty component, and none that begins with a dot.
bool is_plain(std::string_view path) {
  for (std::size_t at = 0; at < path.size(); ++at)
    if ((at == 0 || path[at - 1] == '/') && (path[at] == '/' || path[at] == '.'))
      return false;
  return !path.ends_with('/');
}

} // namespace

std::string below_root(std::string_view path) {
  if (path.starts_with('/'))
    path.remove_prefix(1);
  if (is_plain(path))
    return std::string(path);
  std::string out;
  for (std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".")
      continue;
    if (part == "..") {
      out.resize(out.find('/') == std::string::npos ? 0 : out.rfind('/'));
      continue;
    }
    out += out.empty() ? "" : "/";
    out += part;
  }
  return out;
}

std::optional<std::string_view> name_in_dev(std::string_view path) {
  if (!path.starts_with("dev/") || path.find('/', 4) != std::string_view::npos)
    return std::nullopt;
  return path.substr(4);
}

Slot Compiler::resolve(std::string_view path, std::uint64_t flags) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | flags;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Slot out = b.slot("at");
  b.call(SYS_openat2, {root, b.text(path), b.object(how), sizeof how}).into(out);
  return out;
}

namespace {

// "a/b/c" -> "a/b" and "c"; "c" -> "" and "c".
std::pair<std::string_view, std::string_view> split_last(std::string_view path) {
  std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos)
    return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

} // namespace

Slot Compiler::target(std::string_view path, TargetKind kind) {
  std::string whole = below_root(path);
  if (whole.empty())
    return root;
  if (std::optional<std::string_view> name = name_in_dev(whole); name && has_dev) {
    make_in_dev(*name, kind);
    Slot at = b.slot("at");
    b.call(SYS_openat, {dev, b.text(*name), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0}).into(at);
    return at;
  }
  program::Label found;
  Slot at = resolve(whole, kind == TargetKind::directory ? O_DIRECTORY : 0);
  b.then(found, ENOENT); // the common case is one call: it is there already
  b.add(Op::ensure_path, {root, b.text(whole), kind == TargetKind::directory ? 0 : S_IFREG | 0644}).into(at);
  b.place(found);
  return at;
}

// A fresh file system of ours that nobody else has seen: there is nothing in it to be led astray by.
void Compiler::make_in_dev(std::string_view name, TargetKind kind) {
  if (kind == TargetKind::directory)
    b.call(SYS_mkdirat, {dev, b.text(name), 0755}).tolerate(EEXIST);
  else
    b.call(SYS_mknodat, {dev, b.text(name), S_IFREG | 0644, 0}).tolerate(EEXIST);
}

Slot Compiler::existing(std::string_view path, program::Label& missing, int more_flags) {
  Slot at = resolve(below_root(path), static_cast<std::uint64_t>(more_flags));
  b.otherwise(missing, ENOENT, ENOTDIR);
  return at;
}

Slot Compiler::directory(std::string_view path) {
  std::string whole = below_root(path);
  return whole.empty() ? root : resolve(whole, O_DIRECTORY);
}

Compiler::Place Compiler::place(std::string_view path) {
  std::string whole = below_root(path);
  auto [above, name] = split_last(whole);
  if (above == "dev" && has_dev)
    return {dev, std::string(name)};
  return {above.empty() ? root : target(above, TargetKind::directory), std::string(name)};
}

void Compiler::attach(Slot mount, Slot onto) {
  b.call(SYS_move_mount, {mount, b.text(""), onto, b.text(""), MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH});
}

void Compiler::attach(Slot mount, Slot directory, std::string_view name) {
  b.call(SYS_move_mount, {mount, b.text(""), directory, b.text(name), MOVE_MOUNT_F_EMPTY_PATH});
}

void Compiler::attach(Slot mount, std::string_view path, TargetKind kind) {
  std::string whole = below_root(path);
  std::optional<std::string_view> name = name_in_dev(whole);
  if (!has_dev || !name)
    return attach(mount, target(path, kind));
  make_in_dev(*name, kind);
  attach(mount, dev, *name);
}

void Compiler::set_attributes(Slot mount, std::uint64_t set, std::uint64_t clear, std::uint64_t propagation,
                              bool recursive) {
  mount_attr attributes{};
  attributes.attr_set = set;
  attributes.attr_clr = clear;
  attributes.propagation = propagation;
  b.call(SYS_mount_setattr,
         {mount, b.text(""), AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), b.object(attributes), sizeof attributes});
}

} // namespace phial::runtime

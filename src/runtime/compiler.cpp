#include "runtime/compiler.hpp"

#include "base/text.hpp"
#include "kernel/kabi.hpp"

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

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> out;
  for (std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".")
      continue;
    if (part == "..") {
      if (!out.empty())
        out.pop_back();
      continue;
    }
    out.emplace_back(part);
  }
  return out;
}

Slot Compiler::resolve(std::string_view path, std::uint64_t flags) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | flags;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Slot out = b.slot("at");
  b.call(SYS_openat2, {root, b.text(path), b.object(how), sizeof how}).into(out);
  return out;
}

Slot Compiler::make_components(Slot from, const std::vector<std::string>& names) {
  Slot at = from;
  std::string prefix;
  for (const std::string& name : names) {
    b.call(SYS_mkdirat, {at, b.text(name), 0755}).tolerate(EEXIST);
    prefix += (prefix.empty() ? "" : "/") + name;
    at = resolve(prefix, O_DIRECTORY);
  }
  return at;
}

Slot Compiler::target(std::string_view path, TargetKind kind) {
  std::vector<std::string> names = components(path);
  if (names.empty())
    return root;
  if (has_dev && names.size() == 2 && names[0] == "dev") {
    make_in_dev(names[1], kind);
    Slot at = b.slot("at");
    b.call(SYS_openat, {dev, b.text(names[1]), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0}).into(at);
    return at;
  }
  std::string whole = join(names, "/");
  std::uint64_t directory = kind == TargetKind::directory ? O_DIRECTORY : 0;
  program::Label found;
  Slot at = resolve(whole, directory);
  std::size_t last = names.size() - 1;
  // The common case is one call: it is there already.
  b.then(found, ENOENT);
  std::string name = names[last];
  names.pop_back();
  Slot parent = make_components(root, names);
  if (kind == TargetKind::directory)
    b.call(SYS_mkdirat, {parent, b.text(name), 0755}).tolerate(EEXIST);
  else
    b.call(SYS_mknodat, {parent, b.text(name), S_IFREG | 0644, 0}).tolerate(EEXIST);
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | directory;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  b.call(SYS_openat2, {root, b.text(whole), b.object(how), sizeof how}).into(at);
  b.place(found);
  return at;
}

// A fresh file system of ours that nobody else has seen: there is nothing in it to be led astray by.
void Compiler::make_in_dev(const std::string& name, TargetKind kind) {
  if (kind == TargetKind::directory)
    b.call(SYS_mkdirat, {dev, b.text(name), 0755}).tolerate(EEXIST);
  else
    b.call(SYS_mknodat, {dev, b.text(name), S_IFREG | 0644, 0}).tolerate(EEXIST);
}

Slot Compiler::existing(std::string_view path, program::Label& missing, int more_flags) {
  Slot at = resolve(join(components(path), "/"), static_cast<std::uint64_t>(more_flags));
  b.otherwise(missing, ENOENT, ENOTDIR);
  return at;
}

Slot Compiler::directory(std::string_view path) {
  std::vector<std::string> names = components(path);
  return names.empty() ? root : resolve(join(names, "/"), O_DIRECTORY);
}

Compiler::Place Compiler::place(std::string_view path) {
  std::vector<std::string> names = components(path);
  std::string name = names.empty() ? std::string() : names.back();
  if (!names.empty())
    names.pop_back();
  if (names.size() == 1 && names[0] == "dev" && has_dev)
    return {dev, name};
  return {names.empty() ? root : target(join(names, "/"), TargetKind::directory), name};
}

void Compiler::attach(Slot mount, Slot onto) {
  b.call(SYS_move_mount, {mount, b.text(""), onto, b.text(""), MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH});
}

void Compiler::attach(Slot mount, Slot directory, std::string_view name) {
  b.call(SYS_move_mount, {mount, b.text(""), directory, b.text(name), MOVE_MOUNT_F_EMPTY_PATH});
}

void Compiler::attach(Slot mount, std::string_view path, TargetKind kind) {
  std::vector<std::string> names = components(path);
  if (!has_dev || names.size() != 2 || names[0] != "dev")
    return attach(mount, target(path, kind));
  make_in_dev(names[1], kind);
  attach(mount, dev, names[1]);
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

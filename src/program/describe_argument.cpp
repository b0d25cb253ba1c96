#include "program/describe_argument.hpp"

#include "kernel/capabilities.hpp"
#include "kernel/flag_tables.hpp"
#include "kernel/rlimits.hpp"
#include "kernel/signals.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>

namespace phial::program {

namespace {

std::string descriptor(std::uint64_t value) {
  auto number = static_cast<std::int32_t>(value);
  return number == AT_FDCWD ? "AT_FDCWD" : std::to_string(number);
}

std::string plain(const Argument& argument, std::uint64_t value) {
  switch (argument.role) {
  case Role::integer:
  case Role::id: return std::to_string(static_cast<std::int32_t>(value));
  case Role::number: return std::to_string(value);
  case Role::fd: return descriptor(value);
  case Role::flags: return kernel::format_flags(value, flags_of(argument));
  case Role::name: return kernel::format_name(value, names_of(argument));
  case Role::mode: return kernel::format_mode(value);
  case Role::device: return "makedev(" + std::to_string(major(value)) + ", " + std::to_string(minor(value)) + ")";
  case Role::signal: return kernel::signal_name(static_cast<int>(value));
  case Role::io_priority:
    return "IOPRIO_PRIO_VALUE(" + kernel::format_name(value >> 13, kernel::kIoPriorityClasses) + ", " +
           std::to_string(value & 0x1fff) + ")";
  case Role::memory_policy: {
    std::uint64_t flags = value & 0xe000;
    return kernel::format_name(value & ~flags, kernel::kMemoryPolicyModes) +
           (flags == 0 ? "" : "|" + kernel::format_flags(flags, kernel::kMemoryPolicyFlags));
  }
  case Role::capability: return kernel::capability_name(static_cast<int>(value));
  case Role::resource: {
    const kernel::RlimitFacts* facts = kernel::find_rlimit(static_cast<int>(value));
    return facts != nullptr ? std::string(facts->oci_name) : std::to_string(value);
  }
  default: return value == 0 ? "NULL" : kernel::hexadecimal(value);
  }
}

// The argument that decides what another one means.
unsigned command_of(std::string_view call) {
  if (call == "openat")
    return 2;
  return call == "prctl" || call == "keyctl" ? 0 : 1;
}

std::string at_address(const Subject& subject, Role role, std::uint64_t at, std::uint64_t next) {
  switch (role) {
  case Role::text: return string_text(subject, at);
  case Role::buffer: return buffer_text(subject, at, next);
  case Role::strings: return strings_text(subject, at);
  case Role::variables: return variables_text(subject, at);
  default: return structure_text(subject, role, at, next);
  }
}

} // namespace

std::string argument_text(const Subject& subject, const CallShape& shape, unsigned index) {
  const Instruction& instruction = subject.instruction;
  Argument argument = shape.arguments[index];
  std::uint64_t value = instruction.args[index];
  if (argument.role == Role::depends) {
    argument = dependent_argument(shape.name, index, instruction.args[command_of(shape.name)]);
    if (argument.role == Role::none)
      return {};
  }
  switch (kind_of(instruction, index)) {
  case ArgKind::slot: return subject.data.slot_name(value);
  case ArgKind::data:
    return at_address(subject, argument.role, value, index + 1 < kArguments ? instruction.args[index + 1] : 0);
  case ArgKind::value: break;
  }
  return plain(argument, value);
}

std::string string_text(const Subject& subject, std::uint64_t at) {
  std::string_view text = subject.data.text(at);
  for (std::uint64_t i = 0; i <= text.size(); ++i)
    if (auto slot = subject.data.stored_slot(at + i))
      return quoted(std::string(text.substr(0, i)) + "{" + *slot + "}", subject.options.text);
  return quoted(text, subject.options.text);
}

std::string strings_text(const Subject& subject, std::uint64_t at) {
  std::string out = "[";
  std::size_t count = 0;
  for (; auto to = subject.data.pointer(at); at += sizeof(std::uint64_t)) {
    if (++count > subject.options.items)
      continue;
    out += (count == 1 ? "" : ", ") + string_text(subject, *to);
  }
  if (count > subject.options.items)
    out += ", ... " + std::to_string(count - subject.options.items) + " more";
  return out + "]";
}

std::string variables_text(const Subject& subject, std::uint64_t at) {
  if (subject.options.variables)
    return strings_text(subject, at);
  std::size_t count = 0;
  for (; subject.data.pointer(at); at += sizeof(std::uint64_t))
    ++count;
  return "[" + std::to_string(count) + (count == 1 ? " variable]" : " variables]");
}

} // namespace phial::program

// The structures that arguments point to, each by the fields that matter.
#include "program/describe_argument.hpp"

#include "kernel/capabilities.hpp"
#include "kernel/flag_tables.hpp"
#include "kernel/number_list.hpp"
#include "kernel/signals.hpp"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace phial::program {

namespace {

// {a=1, b=2}, leaving out what is 0.
class Fields {
public:
  Fields(const Subject& subject, std::uint64_t at) : subject_(subject), at_(at) {}

  [[nodiscard]] std::uint64_t value(std::size_t offset, unsigned width) const {
    return subject_.data.number(at_ + offset, width);
  }
  void add(std::string_view name, std::string text) {
    out_ += (out_.empty() ? "" : ", ") + std::string(name) + "=" + std::move(text);
  }
  // The slot that is stored there, else the number where it is not 0.
  void number(std::string_view name, std::size_t offset, unsigned width) {
    if (auto slot = subject_.data.stored_slot(at_ + offset))
      add(name, *slot);
    else if (std::uint64_t n = value(offset, width); n != 0)
      add(name, std::to_string(n));
  }
  void flags(std::string_view name, std::size_t offset, unsigned width, kernel::FlagTable table) {
    if (std::uint64_t n = value(offset, width); n != 0)
      add(name, kernel::format_flags(n, table));
  }
  // A pointer to a place the kernel writes to.
  void answer(std::string_view name, std::size_t offset) {
    if (auto to = subject_.data.pointer(at_ + offset)) {
      std::string slots = subject_.data.loaded_slots(*to, 4);
      add(name, "[" + slots + "]");
    }
  }
  [[nodiscard]] std::string text() const { return "{" + out_ + "}"; }

private:
  const Subject& subject_;
  std::uint64_t at_;
  std::string out_;
};

std::string clone_args_text(const Subject& subject, std::uint64_t at) {
  Fields fields(subject, at);
  fields.flags("flags", offsetof(clone_args, flags), 8, kernel::kCloneFlags);
  fields.answer("pidfd", offsetof(clone_args, pidfd));
  if (std::uint64_t signal = fields.value(offsetof(clone_args, exit_signal), 8); signal != 0)
    fields.add("exit_signal", kernel::signal_name(static_cast<int>(signal)));
  fields.number("cgroup", offsetof(clone_args, cgroup), 8);
  return fields.text();
}

constexpr kernel::Flag kPropagation[] = {
    {MS_PRIVATE, "MS_PRIVATE"}, {MS_SLAVE, "MS_SLAVE"}, {MS_SHARED, "MS_SHARED"}, {MS_UNBINDABLE, "MS_UNBINDABLE"}};

std::string mount_attr_text(const Subject& subject, std::uint64_t at) {
  Fields fields(subject, at);
  fields.flags("attr_set", 0, 8, kernel::kMountAttrFlags);
  fields.flags("attr_clr", 8, 8, kernel::kMountAttrFlags);
  fields.flags("propagation", 16, 8, kPropagation);
  fields.number("userns_fd", 24, 8);
  return fields.text();
}

std::string open_how_text(const Subject& subject, std::uint64_t at) {
  Fields fields(subject, at);
  std::uint64_t flags = fields.value(offsetof(open_how, flags), 8);
  fields.add("flags", kernel::format_flags(flags, kernel::kOpenFlags));
  if (std::uint64_t mode = fields.value(offsetof(open_how, mode), 8); mode != 0)
    fields.add("mode", kernel::format_mode(mode));
  fields.flags("resolve", offsetof(open_how, resolve), 8, kernel::kResolveFlags);
  return fields.text();
}

std::string limit_text(std::uint64_t value) {
  return value == ~std::uint64_t{0} ? "RLIM_INFINITY" : std::to_string(value);
}

std::string capabilities_text(const Subject& subject, std::uint64_t at) {
  std::string out = "{";
  static constexpr std::string_view kSets[] = {"effective", "permitted", "inheritable"};
  for (unsigned set = 0; set < 3; ++set) {
    std::uint64_t bits = subject.data.number(at + 4 * set, 4) | subject.data.number(at + 12 + 4 * set, 4) << 32;
    out += (set == 0 ? "" : ", ") + std::string(kSets[set]) + "=" +
           kernel::format_capabilities(kernel::CapabilitySet(bits));
  }
  return out + "}";
}

// The descriptor a message carries, if any. unix(7).
std::string rights_text(const Subject& subject, std::uint64_t control) {
  if (subject.data.number(control + offsetof(cmsghdr, cmsg_type), 4) != SCM_RIGHTS)
    return {};
  std::uint64_t at = control + CMSG_LEN(0);
  if (auto slot = subject.data.stored_slot(at))
    return ", SCM_RIGHTS [" + *slot + "]";
  return ", SCM_RIGHTS [" + std::to_string(subject.data.number(at, 4)) + "]";
}

std::string message_text(const Subject& subject, std::uint64_t at) {
  std::string out = "{";
  if (auto parts = subject.data.pointer(at + offsetof(msghdr, msg_iov)))
    if (auto base = subject.data.pointer(*parts))
      out += buffer_text(subject, *base, subject.data.number(*parts + sizeof(std::uint64_t), 8));
  if (auto control = subject.data.pointer(at + offsetof(msghdr, msg_control)))
    out += rights_text(subject, *control);
  return out + "}";
}

std::string bpf_text(const Subject& subject, std::uint64_t at) {
  Fields fields(subject, at);
  switch (subject.instruction.args[0]) {
  case BPF_PROG_LOAD:
    fields.add("prog_type", fields.value(0, 4) == BPF_PROG_TYPE_CGROUP_DEVICE ? "BPF_PROG_TYPE_CGROUP_DEVICE"
                                                                              : std::to_string(fields.value(0, 4)));
    return "{" + std::to_string(fields.value(4, 4)) + " instructions, " + fields.text().substr(1);
  case BPF_PROG_ATTACH:
  case BPF_PROG_DETACH:
    fields.number("target_fd", 0, 4);
    fields.number("attach_bpf_fd", 4, 4);
    if (fields.value(8, 4) == BPF_CGROUP_DEVICE)
      fields.add("attach_type", "BPF_CGROUP_DEVICE");
    if (fields.value(12, 4) == BPF_F_ALLOW_MULTI)
      fields.add("attach_flags", "BPF_F_ALLOW_MULTI");
    return fields.text();
  default: return "{...}";
  }
}

std::string schedule_text(const Subject& subject, std::uint64_t at) {
  Fields fields(subject, at);
  fields.add("policy", kernel::format_name(fields.value(4, 4), kernel::kSchedulerPolicies));
  fields.flags("flags", 8, 8, kernel::kSchedulerFlags);
  auto nice = static_cast<std::int32_t>(fields.value(16, 4));
  if (nice != 0)
    fields.add("nice", std::to_string(nice));
  fields.number("priority", 20, 4);
  fields.number("runtime", 24, 8);
  fields.number("deadline", 32, 8);
  fields.number("period", 40, 8);
  return fields.text();
}

std::string socket_address_text(const Subject& subject, std::uint64_t at, std::uint64_t size) {
  std::uint64_t family = subject.data.number(at, 2);
  if (family == AF_UNIX) {
    std::string_view path = subject.data.bytes(at + offsetof(sockaddr_un, sun_path), size > 2 ? size - 2 : 0);
    bool abstract = path.starts_with('\0');
    std::string_view name = abstract ? path.substr(1) : path.substr(0, path.find('\0'));
    return "{AF_UNIX, " + std::string(abstract ? "@" : "") + quoted(name, subject.options.text) + "}";
  }
  return "{" + kernel::format_name(family, kernel::kSocketDomains) + "}";
}

// Its length stands in another argument, in bytes or, of memory nodes, in bits and one more.
std::string mask_text(const Subject& subject, std::uint64_t at) {
  const Instruction& instruction = subject.instruction;
  bool nodes = instruction.number == SYS_set_mempolicy;
  std::uint64_t bytes = nodes ? (instruction.args[2] - 1) / 8 : instruction.args[1];
  std::vector<std::uint64_t> words;
  words.reserve(bytes / 8);
  for (std::uint64_t word = 0; word < bytes / 8; ++word)
    words.push_back(subject.data.number(at + 8 * word, 8));
  std::string list = kernel::format_number_list(words);
  return list.empty() ? "{...}" : "{" + list + "}";
}

constexpr kernel::Name kNetlinkTypes[] = {
    {RTM_NEWLINK, "RTM_NEWLINK"},   {RTM_DELLINK, "RTM_DELLINK"},   {RTM_SETLINK, "RTM_SETLINK"},
    {RTM_NEWADDR, "RTM_NEWADDR"},   {RTM_DELADDR, "RTM_DELADDR"},   {RTM_NEWROUTE, "RTM_NEWROUTE"},
    {RTM_DELROUTE, "RTM_DELROUTE"}, {RTM_NEWNEIGH, "RTM_NEWNEIGH"},
};
constexpr kernel::Flag kNetlinkFlags[] = {{NLM_F_REQUEST, "NLM_F_REQUEST"}, {NLM_F_ACK, "NLM_F_ACK"},
                                          {NLM_F_REPLACE, "NLM_F_REPLACE"}, {NLM_F_EXCL, "NLM_F_EXCL"},
                                          {NLM_F_CREATE, "NLM_F_CREATE"},   {NLM_F_APPEND, "NLM_F_APPEND"}};

bool is_text(std::string_view bytes) {
  for (char c : bytes)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')
      return false;
  return true;
}

} // namespace

std::string buffer_text(const Subject& subject, std::uint64_t at, std::uint64_t size) {
  std::string_view bytes = subject.data.bytes(at, size);
  for (std::uint64_t i = 0; i < bytes.size(); ++i)
    if (auto slot = subject.data.stored_slot(at + i))
      return is_text(bytes.substr(0, i))
                 ? quoted(std::string(bytes.substr(0, i)) + "{" + *slot + "}", subject.options.text)
                 : "{" + std::to_string(size) + " bytes with " + *slot + "}";
  if (is_text(bytes))
    return quoted(bytes, subject.options.text);
  std::string type(kernel::name_of(subject.data.number(at + 4, 2), kNetlinkTypes));
  if (bytes.size() >= sizeof(nlmsghdr) && subject.data.number(at, 4) == size && !type.empty())
    return "{" + type + ", " + kernel::format_flags(subject.data.number(at + 6, 2), kNetlinkFlags) + ", " +
           std::to_string(size) + " bytes}";
  return "{" + std::to_string(size) + " bytes}";
}

std::string structure_text(const Subject& subject, Role role, std::uint64_t at, std::uint64_t size) {
  const DataView& data = subject.data;
  switch (role) {
  case Role::clone_args: return clone_args_text(subject, at);
  case Role::mount_attr: return mount_attr_text(subject, at);
  case Role::open_how: return open_how_text(subject, at);
  case Role::sock_fprog: return "{" + std::to_string(data.number(at, 2)) + " instructions}";
  case Role::rlimit:
    return "{soft=" + limit_text(data.number(at, 8)) + ", hard=" + limit_text(data.number(at + 8, 8)) + "}";
  case Role::cap_header: {
    bool current = data.number(at, 4) == _LINUX_CAPABILITY_VERSION_3;
    return current ? "{_LINUX_CAPABILITY_VERSION_3}" : "{" + kernel::hexadecimal(data.number(at, 4)) + "}";
  }
  case Role::cap_data: return capabilities_text(subject, at);
  case Role::message: return message_text(subject, at);
  case Role::bpf_attr: return bpf_text(subject, at);
  case Role::sched_attr: return schedule_text(subject, at);
  case Role::socket_address: return socket_address_text(subject, at, size);
  case Role::mask: return mask_text(subject, at);
  case Role::window_size:
    return "{rows=" + std::to_string(data.number(at, 2)) + ", columns=" + std::to_string(data.number(at + 2, 2)) + "}";
  case Role::time: return "{" + std::to_string(data.number(at, 8)) + "s}";
  case Role::out: {
    std::string slots = data.loaded_slots(at, 8);
    return slots.empty() ? "{...}" : "[" + slots + "]";
  }
  default: return "{...}";
  }
}

} // namespace phial::program

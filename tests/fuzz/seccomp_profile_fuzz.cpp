// Seccomp profiles, the runtime-spec's and docker's, from their text to a filter that answers every call.
#include "targets.hpp"

#include "kernel/seccomp.hpp"
#include "kernel/seccomp_evaluate.hpp"
#include "spec/reader.hpp"
#include "spec/seccomp_profile.hpp"
#include "spec/writer.hpp"

#include <linux/audit.h>

namespace phial::fuzz {

namespace {

void ask(std::span<const std::uint8_t> filter) {
  constexpr std::uint32_t kArchitectures[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM};
  constexpr std::uint32_t kNumbers[] = {0, 1, 41, 59, 102, 117, 165, 272, 435, 500, 0x40000001, 0xffffffff};
  constexpr std::uint64_t kValues[] = {0, 1, 0x7e020000, 0xffffffff, ~std::uint64_t{0}};
  for (std::uint32_t architecture : kArchitectures)
    for (std::uint32_t number : kNumbers)
      for (std::uint64_t value : kValues) {
        kernel::SeccompCall call{number, architecture, 0, {value, value, value, value, value, value}};
        require(kernel::evaluate_filter(filter, call).has_value(), "a filter that the kernel would not take");
      }
}

void compile(const kernel::SeccompProfile& profile) {
  static_cast<void>(kernel::load_flags(profile));
  Result<kernel::SeccompProfile> again = spec::read_seccomp(to_text(spec::to_json(profile)), "again");
  require(again && *again == profile, "what was written of a profile reads otherwise");
  if (Result<std::vector<std::uint8_t>> filter = kernel::compile_seccomp(profile))
    ask(*filter);
}

} // namespace

void seccomp_profile(std::string_view bytes) {
  if (Result<kernel::SeccompProfile> profile = spec::read_seccomp(bytes, "seccomp.json"))
    compile(*profile);
  spec::ProfileConditions conditions;
  conditions.capabilities = kernel::default_capabilities();
  conditions.kernel_major = 6;
  conditions.kernel_minor = 1;
  if (Result<kernel::SeccompProfile> profile = spec::read_seccomp_profile(bytes, "seccomp.json", conditions))
    static_cast<void>(kernel::compile_seccomp(*profile));
}

} // namespace phial::fuzz

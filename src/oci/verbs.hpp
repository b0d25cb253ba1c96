// The verbs of phial-oci. Each returns the exit status of the program.
#pragma once

#include "base/error.hpp"
#include "oci/verb.hpp"

namespace phial::oci {

[[nodiscard]] Result<int> run(const Call& call);
[[nodiscard]] Result<int> create(const Call& call);
[[nodiscard]] Result<int> start(const Call& call);
[[nodiscard]] Result<int> state(const Call& call);
[[nodiscard]] Result<int> kill(const Call& call);
[[nodiscard]] Result<int> remove(const Call& call);
[[nodiscard]] Result<int> ps(const Call& call);
[[nodiscard]] Result<int> list(const Call& call);
[[nodiscard]] Result<int> pause(const Call& call);
[[nodiscard]] Result<int> resume(const Call& call);
[[nodiscard]] Result<int> update(const Call& call);
[[nodiscard]] Result<int> events(const Call& call);
[[nodiscard]] Result<int> exec(const Call& call);
[[nodiscard]] Result<int> checkpoint(const Call& call);
[[nodiscard]] Result<int> restore(const Call& call);
[[nodiscard]] Result<int> explain(const Call& call);
[[nodiscard]] Result<int> write_spec(const Call& call);
[[nodiscard]] Result<int> features(const Call& call);
[[nodiscard]] Result<int> help(const Call& call);
[[nodiscard]] Result<int> version(const Call& call);
[[nodiscard]] Result<int> print_manual(const Call& call);
[[nodiscard]] Result<int> print_completion(const Call& call);
[[nodiscard]] Result<int> print_candidates(const Call& call);

} // namespace phial::oci

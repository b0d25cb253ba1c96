// The locked-down child in which hostile bytes are decompressed and unpacked. It sees one directory as its root (or
// nothing), holds three descriptors, keeps only the capabilities that writing files of other owners takes, can gain
// none, can execute nothing and make no system call but those for files. It dies with its parent.
//
// The parent feeds it and hashes what it feeds; what the child says of its work is a JSON document to be checked.
#pragma once

#include "base/fd.hpp"
#include "base/json.hpp"

#include <sys/types.h>

#include <functional>

namespace phial::image {

// Runs in the child. `input`: what the parent feeds, to its end. `directory`: the directory given to start(), or -1.
// `output`: the descriptor given to start(), or -1.
using JailedWork = std::function<Result<Json>(int input, int directory, int output)>;

class Jailed {
public:
  Jailed(const Jailed&) = delete;
  Jailed& operator=(const Jailed&) = delete;
  Jailed(Jailed&& other) noexcept;
  ~Jailed(); // kills the child unless it was finished

  // `directory` and `output` are borrowed; -1 for none. Without privilege the child keeps its view of the machine's
  // files but loses everything else.
  [[nodiscard]] static Result<Jailed> start(int directory, int output, const JailedWork& work);

  // More input; false where the child wants no more, because it failed: finish() says why.
  [[nodiscard]] Result<bool> feed(std::string_view bytes);
  // Ends the input and waits for the child: its answer, or its error.
  [[nodiscard]] Result<Json> finish();

private:
  Jailed() = default;

  pid_t pid_ = -1;
  Fd input_;
  Fd answer_;
};

} // namespace phial::image

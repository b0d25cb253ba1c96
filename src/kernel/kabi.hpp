// The kernel's binary interface where the headers of Debian 12 (Linux 6.1, glibc 2.36) end: numbers, constants and
// structures of newer kernels, under their own names. Nothing here does anything. Include this instead of
// <linux/mount.h>, which cannot stand beside glibc's <sys/mount.h>.
#pragma once

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/memfd.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <cstdint>

// The numbers from 424 on are the same on every architecture but alpha.
#ifndef __NR_cachestat
#define __NR_cachestat 451
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#ifndef __NR_map_shadow_stack
#define __NR_map_shadow_stack 453
#endif
#ifndef __NR_futex_wake
#define __NR_futex_wake 454
#define __NR_futex_wait 455
#define __NR_futex_requeue 456
#endif
#ifndef __NR_statmount
#define __NR_statmount 457
#define __NR_listmount 458
#endif
#ifndef __NR_lsm_get_self_attr
#define __NR_lsm_get_self_attr 459
#define __NR_lsm_set_self_attr 460
#define __NR_lsm_list_modules 461
#endif
#ifndef __NR_mseal
#define __NR_mseal 462
#endif
#ifndef __NR_setxattrat
#define __NR_setxattrat 463
#define __NR_getxattrat 464
#define __NR_listxattrat 465
#define __NR_removexattrat 466
#endif
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif
#ifndef __NR_file_getattr
#define __NR_file_getattr 468
#define __NR_file_setattr 469
#endif
#ifndef __NR_listns
#define __NR_listns 470
#endif

// memfd_create(2)
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U // 6.3
#define MFD_EXEC 0x0010U        // 6.3
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020 // 6.3
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 // 5.1
#endif

// openat2(2)
#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20 // 5.12
#endif

// mount(2), mount_setattr(2) and the calls about it
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 // 5.10
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000 // 5.14
#endif
#ifndef MOVE_MOUNT_SET_GROUP
#define MOVE_MOUNT_SET_GROUP 0x00000100 // 5.15
#endif
#ifndef MOVE_MOUNT_BENEATH
#define MOVE_MOUNT_BENEATH 0x00000200 // 6.5
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000 // 5.2
#endif

// fsconfig(2): FSCONFIG_CMD_CREATE_EXCL came with 6.6; glibc's enumeration ends before it.
inline constexpr unsigned kFsconfigCreateExclusive = 8;

// statx(2)
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U // 6.8
#endif

// close_range(2)
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

// clone3(2)
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 // 5.6
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL // 5.7
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL // 5.5
#endif

// prctl(2)
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65 // 6.3
#define PR_GET_MDWE 66
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67 // 6.4
#define PR_GET_MEMORY_MERGE 68
#endif

// seccomp(2)
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) // 5.19
#endif

// pidfd_open(2)
#ifndef PIDFD_NONBLOCK
#define PIDFD_NONBLOCK O_NONBLOCK // 5.10
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL // 6.9
#endif

// bpf(2): attaching to a cgroup.
#ifndef BPF_F_ALLOW_MULTI
#define BPF_F_ALLOW_MULTI (1U << 1)
#define BPF_F_REPLACE (1U << 2)
#endif

namespace phial::kernel {

// statmount(2) and listmount(2), both 6.8: the request, and the fixed head of statmount's answer.
struct MountIdRequest {
  std::uint32_t size;
  std::uint32_t spare;
  std::uint64_t mnt_id;
  std::uint64_t param;
  std::uint64_t mnt_ns_id; // 6.11; a size of 24 leaves it out
};
inline constexpr std::uint32_t kMountRequestSizeVer0 = 24;
inline constexpr std::uint32_t kMountRequestSizeVer1 = 32;
inline constexpr std::uint64_t kListMountRoot = ~std::uint64_t{0}; // LSMT_ROOT

struct StatMount {
  std::uint32_t size;
  std::uint32_t mnt_opts;
  std::uint64_t mask;
  std::uint32_t sb_dev_major;
  std::uint32_t sb_dev_minor;
  std::uint64_t sb_magic;
  std::uint32_t sb_flags;
  std::uint32_t fs_type; // offset into the string area that follows the structure, as all strings here
  std::uint64_t mnt_id;
  std::uint64_t mnt_parent_id;
  std::uint32_t mnt_id_old; // the id mountinfo shows
  std::uint32_t mnt_parent_id_old;
  std::uint64_t mnt_attr;
  std::uint64_t mnt_propagation;
  std::uint64_t mnt_peer_group;
  std::uint64_t mnt_master;
  std::uint64_t propagate_from;
  std::uint32_t mnt_root;
  std::uint32_t mnt_point;
  std::uint64_t mnt_ns_id;
  std::uint64_t spare[49];
};
static_assert(sizeof(StatMount) == 512);

enum StatmountMask : std::uint64_t {
  kStatmountSbBasic = 0x1,
  kStatmountMntBasic = 0x2,
  kStatmountPropagateFrom = 0x4,
  kStatmountMntRoot = 0x8,
  kStatmountMntPoint = 0x10,
  kStatmountFsType = 0x20,
  kStatmountMntNsId = 0x40,
  kStatmountMntOpts = 0x80,
};

} // namespace phial::kernel

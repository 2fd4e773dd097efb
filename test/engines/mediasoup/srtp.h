// What the worker asks of libsrtp 3, done with Debian's libsrtp 2. Two things differ: a policy is an object behind functions,
// and packets are protected from one buffer into another instead of in place.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#define srtp_policy_t srtp_policy_v2_t
#include <srtp2/srtp.h>
#undef srtp_policy_t

inline constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
inline constexpr auto srtp_err_status_cryptex_err = static_cast<srtp_err_status_t>(29);

struct srtp_policy_v3
{
	srtp_policy_v2_t inner;
	unsigned char master[SRTP_MAX_KEY_LEN];
};
using srtp_policy_t = srtp_policy_v3*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* made)
{
	*made = new srtp_policy_v3{};
	return srtp_err_status_ok;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
	delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->inner.ssrc = ssrc;
	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	if (const auto failed = srtp_crypto_policy_set_from_profile_for_rtp(&policy->inner.rtp, profile)) return failed;
	return srtp_crypto_policy_set_from_profile_for_rtcp(&policy->inner.rtcp, profile);
}

inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy, const uint8_t* key, size_t keyBytes, const uint8_t* salt, size_t saltBytes, const uint8_t*, size_t mkiBytes)
{
	if (mkiBytes > 0 || keyBytes + saltBytes > sizeof(policy->master)) return srtp_err_status_bad_param;
	std::memcpy(policy->master, key, keyBytes);
	std::memcpy(policy->master + keyBytes, salt, saltBytes);
	policy->inner.key = policy->master;
	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	policy->inner.allow_repeat_tx = allow;
	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t packets)
{
	policy->inner.window_size = packets;
	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	return srtp_create(session, &policy->inner);
}

inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return srtp_remove_stream(session, ssrc);
}

namespace switchroom
{
	/** In place in the output buffer, which has to have `room` bytes more than the packet for what is put behind it. */
	inline srtp_err_status_t copied(
	  srtp_err_status_t (*work)(srtp_t, void*, int*), srtp_t session, const uint8_t* in, size_t bytes, uint8_t* out, size_t* outBytes,
	  size_t room)
	{
		if (*outBytes < bytes + room) return srtp_err_status_buffer_small;
		if (in != out) std::memcpy(out, in, bytes);
		int length = static_cast<int>(bytes);
		const auto status = work(session, out, &length);
		*outBytes = static_cast<size_t>(length);
		return status;
	}
} // namespace switchroom

inline srtp_err_status_t srtp_protect(srtp_t s, const uint8_t* in, size_t n, uint8_t* out, size_t* outN, size_t)
{
	return switchroom::copied(srtp_protect, s, in, n, out, outN, SRTP_MAX_TRAILER_LEN);
}

inline srtp_err_status_t srtp_unprotect(srtp_t s, const uint8_t* in, size_t n, uint8_t* out, size_t* outN)
{
	return switchroom::copied(srtp_unprotect, s, in, n, out, outN, 0);
}

inline srtp_err_status_t srtp_protect_rtcp(srtp_t s, const uint8_t* in, size_t n, uint8_t* out, size_t* outN, size_t)
{
	return switchroom::copied(srtp_protect_rtcp, s, in, n, out, outN, SRTP_MAX_TRAILER_LEN + 4);
}

inline srtp_err_status_t srtp_unprotect_rtcp(srtp_t s, const uint8_t* in, size_t n, uint8_t* out, size_t* outN)
{
	return switchroom::copied(srtp_unprotect_rtcp, s, in, n, out, outN, 0);
}

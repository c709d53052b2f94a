/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels, and nowhere else is known: the code is written for the newest one.
 * Distributions backport, so Kbuild looks into the headers and defines LE_HAVE_*; versions are not
 * compared.
 */
#ifndef LYNCEDGE_COMPAT_H
#define LYNCEDGE_COMPAT_H

/* Newer kernels hand binary attributes to their operations as const. */
#ifdef LE_HAVE_CONST_BIN_ATTRIBUTE
#define LE_BIN_ATTR const struct bin_attribute
#else
#define LE_BIN_ATTR struct bin_attribute
#endif

/*
 * Older kernels defragment until the namespace ends, once they were asked to. There is no such
 * symbol to be found then; its declaration is for its type.
 */
#ifdef LE_HAVE_DEFRAG_DISABLE
#define LE_DEFRAG_ENDS true
#else
#define LE_DEFRAG_ENDS false
struct net;
void nf_defrag_ipv4_disable(struct net *net);
void nf_defrag_ipv6_disable(struct net *net);
#endif

/*
 * Newer kernels (6.7, and stable ones before it) let a hook free what it drops itself, so that who
 * asks where packets are lost sees the place. Older ones free it in nf_hook_slow(); who sent it
 * learns of EPERM from both.
 */
#ifndef LE_HAVE_DROP_REASON
#define NF_DROP_REASON(skb, reason, err) ((void)(skb), (unsigned int)NF_DROP)
#endif

/* Newer kernels (6.10) remember where the string of a trace event comes from. */
#ifdef LE_HAVE_ASSIGN_STR_ALONE
#define LE_ASSIGN_STR(dst, src) __assign_str(dst)
#else
#define LE_ASSIGN_STR(dst, src) __assign_str(dst, src)
#endif

#endif /* LYNCEDGE_COMPAT_H */

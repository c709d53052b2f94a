// SPDX-License-Identifier: GPL-2.0-only
/* What device-held.cocci is to find, and what not; nobody compiles it. */
static int hook(struct net_device *dev, struct ingress *ingress)
{
	dev_hold(dev);	/* found */
	if (!ingress) {
		dev_put(dev);
		return -ENOMEM;
	}
	return 0;
}

static void remember(struct net_device *dev)
{
	dev_hold(dev);	/* found */
	ingress->ops.dev = dev;
}

static int number_of(const char *name)
{
	struct net_device *dev = dev_get_by_name(&init_net, name);	/* found */

	if (!dev)
		return -ENODEV;
	return dev->ifindex;
}

static int well(const char *name)
{
	struct net_device *dev = dev_get_by_name(&init_net, name);
	int ifindex;

	if (!dev)
		return -ENODEV;
	ifindex = dev->ifindex;
	dev_put(dev);
	return ifindex;
}

"""Bit timings of an MCP2515 as python-can computes them: argument "crystal bitrate cnf1 cnf2 cnf3" each."""
import sys

from can import BitTiming

seen = set()
for argument in sys.argv[1:]:
    crystal, bitrate, cnf1, cnf2, cnf3 = map(int, argument.split())
    timing = BitTiming(
        f_clock=crystal // 2,
        brp=(cnf1 & 63) + 1,
        tseg1=(cnf2 & 7) + 1 + (cnf2 >> 3 & 7) + 1,
        tseg2=(cnf3 & 7) + 1,
        sjw=(cnf1 >> 6) + 1,
        strict=True,
    )
    seen.add((crystal, bitrate))
    print(crystal, bitrate, timing.bitrate, round(timing.sample_point, 1), timing.nbt)


def possible(clock, bitrate):
    """Is there any timing within what CAN asks for (8 to 25 quanta), with the chip's 2 quanta after the sample point?"""
    for brp in range(1, 33):
        for tseg1 in range(2, 17):
            for tseg2 in range(2, 9):
                try:
                    timing = BitTiming(clock, brp, tseg1, tseg2, 1, strict=True)
                except ValueError:
                    continue
                if timing.bitrate == bitrate:
                    return True
    return False


for crystal in 8000000, 16000000:
    for bitrate in 125000, 250000, 500000, 800000, 1000000:
        answer = "possible" if possible(crystal // 2, bitrate) else "impossible"
        print(answer, crystal, bitrate, (crystal, bitrate) in seen)

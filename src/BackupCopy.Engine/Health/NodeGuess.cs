using System.Buffers.Binary;
using System.Security.Cryptography;
using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>Guesses the digests of a node's entries from what each may have been.</summary>
internal static class NodeGuess
{
    /// <summary>
    /// The combinations of choices, those that differ least from the first choices first; at most so many.
    /// The same array comes each time.
    /// </summary>
    public static IEnumerable<Digest[]> All(IReadOnlyList<Digest[]> choices, int most)
    {
        var digests = choices.Select(c => c[0]).ToArray();
        var open = Enumerable.Range(0, choices.Count).Where(s => choices[s].Length > 1).ToList();
        var made = 0;
        for (var deviations = 0; deviations <= open.Count; deviations++)
        {
            foreach (var _ in Deviate(choices, digests, open, 0, deviations))
            {
                yield return digests;
                if (++made >= most)
                {
                    yield break;
                }
            }
        }
    }

    public static Digest ContentOf(int level, Digest[] digests)
    {
        Span<byte> bytes = stackalloc byte[4 + FormatLimits.FanOut * Digest.SizeBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, level);
        for (var i = 0; i < digests.Length; i++)
        {
            digests[i].Write(bytes[(4 + i * Digest.SizeBytes)..]);
        }

        Span<byte> hash = stackalloc byte[Digest.SizeBytes];
        SHA256.HashData(bytes, hash);
        return Digest.Read(hash);
    }

    // Exactly so many slots from here on take another choice than their first.
    private static IEnumerable<int> Deviate(
        IReadOnlyList<Digest[]> choices, Digest[] digests, List<int> open, int from, int deviations)
    {
        if (deviations == 0)
        {
            yield return 0;
            yield break;
        }

        for (var i = from; i <= open.Count - deviations; i++)
        {
            var slot = open[i];
            for (var choice = 1; choice < choices[slot].Length; choice++)
            {
                digests[slot] = choices[slot][choice];
                foreach (var one in Deviate(choices, digests, open, i + 1, deviations - 1))
                {
                    yield return one;
                }
            }

            digests[slot] = choices[slot][0];
        }
    }
}

// Books with the types that openapi-typescript made of the description: book.mts ADDRESS TOKEN ORGANISATION START END.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const [address, token, organisation, start, end] = process.argv.slice(2) as [string, string, string, string, string];
const client = createClient<paths>({ baseUrl: address, headers: { Authorization: `Bearer ${token}` } });

async function book(key: string) {
  const { data, error, response } = await client.POST("/api/v1/bookings", {
    params: { header: { "Idempotency-Key": key } },
    body: {
      organisation,
      purpose: "trial-production",
      title: "Booked by a program",
      reservations: [{ equipment: "FDM-01", start, end }],
    },
  });
  return {
    status: response.status,
    reference: data?.reference,
    machines: data?.reservations.map((reservation) => reservation.equipment),
    replayed: response.headers.get("Idempotent-Replayed"),
    refusals: error?.refusals?.map((refusal) => refusal.code),
  };
}

console.log(JSON.stringify([await book("once"), await book("once"), await book("another")]));

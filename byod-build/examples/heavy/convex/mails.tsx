import { Body, Button, Container, Head, Heading, Html, Preview, Tailwind, Text } from "@react-email/components";
import { Resend } from "@convex-dev/resend";
import { render } from "@react-email/components";
import { v } from "convex/values";
import { components } from "./_generated/api";
import { internalAction, internalMutation } from "./_generated/server";

const resend = new Resend(components.resend, { testMode: true });

const Welcome = ({ name }) => (
  <Html>
    <Head />
    <Preview>Welcome</Preview>
    <Tailwind>
      <Body>
        <Container>
          <Heading>Hello {name}</Heading>
          <Text>Nice to have you.</Text>
          <Button href="https://example.com">Begin</Button>
        </Container>
      </Body>
    </Tailwind>
  </Html>
);

export const welcome = internalMutation({
  args: { to: v.string(), name: v.string() },
  handler: async (ctx, { to, name }) => {
    await resend.sendEmail(ctx, { from: "a@b.c", to, subject: "Welcome", html: await render(<Welcome name={name} />) });
  },
});

export const preview = internalAction({ args: { name: v.string() }, handler: (_, { name }) => render(<Welcome name={name} />) });

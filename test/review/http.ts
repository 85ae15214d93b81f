import { request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One request with exactly these headers, as whoever is no browser can send it. Follows nothing. */
export function ask(url: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      )
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** What a browser has after it followed the link. */
export interface Admission {
  /** The page's address. */
  readonly page: string
  readonly cookie: string
}

export async function admit(url: string): Promise<Admission> {
  const { headers } = await ask(url)
  const [cookie = ''] = headers['set-cookie'] ?? []
  return { page: new URL(String(headers['location']), url).href, cookie: cookie.split(';')[0] ?? '' }
}
